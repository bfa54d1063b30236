"""All the writers of a run as one."""

import contextlib
import logging
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lipsync_jax.metric_writer import (
  file_writer,
  interface,
  tensorboard_writer,
  wandb_writer,
)

_LOG = logging.getLogger(__name__)

# Written to the file, but not told on every line of the log.
_QUIET = (
  '_norm',
  '_learning_rate',
  'examples_per_second',
  '/chance',
  'skipped',
  'skipped_in_a_row',  # every such step is warned of
  'logging_seconds',
)


class MetricWriter(interface.Writer):
  """Writes to the workdir, and to TensorBoard and W&B if asked."""

  def __init__(
    self,
    workdir: str | pathlib.Path,
    *,
    start_step: int = 0,
    evaluated: bool = True,
    config: dict[str, Any] | None = None,
    tensorboard: bool = False,
    wandb: Mapping[str, Any] | None = None,
  ):
    """Opens the files of a run.

    Args:
      workdir: of the run.
      start_step: rows of later steps are dropped, so that a resumed run's file
        equals that of a run never stopped.
      evaluated: False where `start_step` is to be evaluated again.
      config: shown in TensorBoard and W&B.
      tensorboard: writes `workdir`/tensorboard.
      wandb: 'mode', one of 'disabled', 'offline' and 'online', and the other
        fields of config.wandb, see configs/common.py. None: disabled.

    Raises:
      ValueError: there is no such mode.
      OSError: a file cannot be written, W&B cannot be reached.
    """
    workdir = pathlib.Path(workdir)
    mode = (wandb or {}).get('mode', 'disabled')
    if mode not in wandb_writer.MODES:
      raise ValueError(
        f'config.wandb.mode is {mode!r}: choose one of '
        f'{", ".join(wandb_writer.MODES)}.'
      )
    with contextlib.ExitStack() as opened:
      # Files first: W&B sends the video that is there.
      self._writers: list[interface.Writer] = []

      def add(writer):
        self._writers.append(writer)
        opened.callback(writer.close, failed=True)

      add(
        file_writer.FileWriter(
          workdir, start_step=start_step, evaluated=evaluated
        )
      )
      if tensorboard:
        folder = workdir / 'tensorboard'
        add(
          tensorboard_writer.TensorBoardWriter(
            folder, start_step=start_step, config=config
          )
        )
      if mode != 'disabled':
        add(wandb_writer.WandbWriter(workdir, options=wandb, config=config))
      opened.pop_all()  # all went well: they stay open

  def write(self, step: int, metrics: dict[str, float]) -> None:
    """One row; see `Writer`.

    Raises:
      OSError: metrics.jsonl cannot be written.
    """
    for writer in self._writers:
      writer.write(step, metrics)
    told = {k: v for k, v in metrics.items() if not k.endswith(_QUIET)}
    text = '  '.join(f'{k} {v:.4g}' for k, v in told.items())
    _LOG.info('step %d  %s', step, text)

  def write_images(self, step: int, images: dict[str, np.ndarray]) -> None:
    for writer in self._writers:
      writer.write_images(step, images)

  def write_video(
    self,
    step: int,
    name: str,
    frames: np.ndarray,
    audio: np.ndarray,
    *,
    fps: int = 25,
  ) -> None:
    for writer in self._writers:
      writer.write_video(step, name, frames, audio, fps=fps)

  def sync(self) -> None:
    for writer in self._writers:
      writer.sync()

  def close(self, *, failed: bool = False) -> None:
    with contextlib.ExitStack() as stack:
      for writer in self._writers:
        stack.callback(writer.close, failed=failed)
