"""Where numbers and pictures of a run go: JSON lines always, W&B if asked.

The only file that knows wandb, which is imported when used: it takes a second.
"""

import json
import logging
import pathlib
from typing import Any

import cv2
import numpy as np

_LOG = logging.getLogger(__name__)

# Written to the file, but not told on every line of the log.
_QUIET = ('_norm', '_learning_rate', 'examples_per_second')


class MetricWriter:
  """Writes `workdir`/metrics.jsonl and `workdir`/samples/*.png."""

  def __init__(
    self,
    workdir: str | pathlib.Path,
    *,
    start_step: int = 0,
    config: dict[str, Any] | None = None,
    wandb_mode: str = 'disabled',
    wandb_project: str = 'lipsync_jax',
  ):
    """Opens the files of a run.

    Args:
      workdir: of the run.
      start_step: rows of later steps are dropped, so that a resumed run's file
        equals that of a run never stopped.
      config: shown in W&B.
      wandb_mode: 'disabled', 'offline' or 'online'.
      wandb_project: W&B project.
    """
    self._workdir = pathlib.Path(workdir)
    self._samples = self._workdir / 'samples'
    self._samples.mkdir(parents=True, exist_ok=True)
    path = self._workdir / 'metrics.jsonl'
    kept = [row for row in read(path) if row['step'] <= start_step]
    path.write_text(''.join(json.dumps(row) + '\n' for row in kept))
    self._file = path.open('a')
    self._run = None
    if wandb_mode != 'disabled':
      import wandb

      self._run = wandb.init(
        project=wandb_project,
        mode=wandb_mode,
        dir=str(self._workdir),
        config=config,
      )
      self._run.define_metric('*', step_metric='step')

  def write(self, step: int, metrics: dict[str, float]) -> None:
    """One row. Names read 'train/l1', 'val/accuracy'."""
    row = {'step': step} | {k: float(v) for k, v in metrics.items()}
    self._file.write(json.dumps(row) + '\n')
    self._file.flush()
    if self._run:
      self._run.log(row)
    told = {k: v for k, v in row.items() if not k.endswith(_QUIET)}
    text = '  '.join(f'{k} {v:.4g}' for k, v in told.items() if k != 'step')
    _LOG.info('step %d  %s', step, text)

  def write_images(self, step: int, images: dict[str, np.ndarray]) -> None:
    """Pictures [h, w, 3], uint8 RGB, by name."""
    for name, image in images.items():
      path = self._samples / f'{name}_{step:08d}.png'
      cv2.imwrite(str(path), image[..., ::-1])
      if self._run:
        import wandb

        self._run.log({name: wandb.Image(image), 'step': step})

  def close(self) -> None:
    self._file.close()
    if self._run:
      self._run.finish()


def read(path: str | pathlib.Path) -> list[dict[str, Any]]:
  """Rows of a metrics file; a last line cut short by a crash is left out."""
  path = pathlib.Path(path)
  rows = []
  for line in path.read_text().splitlines() if path.exists() else []:
    try:
      rows.append(json.loads(line))
    except json.JSONDecodeError:
      _LOG.warning('Left out a broken line of %s: %r', path, line[:60])
  return rows


def grid(rows: list[np.ndarray]) -> np.ndarray:
  """Stacks strips into one picture.

  Args:
    rows: each [n, h, w, 3], uint8 or float in 0..1, all of one shape.

  Returns:
    [len(rows) * h, n * w, 3] uint8.
  """
  strips = []
  for row in rows:
    row = np.asarray(row)
    if row.dtype != np.uint8:
      row = np.rint(np.clip(row, 0, 1) * 255).astype(np.uint8)
    strips.append(np.concatenate(list(row), axis=1))
  return np.concatenate(strips, axis=0)
