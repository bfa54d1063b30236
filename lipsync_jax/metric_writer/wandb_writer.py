"""Weights & Biases, on the network or off it."""

import logging
import os
import pathlib
import secrets
from collections.abc import Mapping
from typing import Any

from input_pipeline import whole_file
from lipsync_jax.metric_writer import file_writer, interface

_LOG = logging.getLogger(__name__)

MODES = ('disabled', 'offline', 'online')
# Of the workdir: the run's id, so that a run that goes on is one run there too.
ID = 'wandb_id'


class WandbWriter(interface.Writer):
  """Logs to one W&B run, the same whenever a run is started again."""

  def __init__(
    self,
    workdir: pathlib.Path,
    *,
    options: Mapping[str, Any],
    config: dict[str, Any] | None = None,
  ):
    """Starts or continues the run.

    Args:
      workdir: of the run.
      options: 'mode', one of MODES but 'disabled'; 'project'; and 'entity',
        'name', 'group', 'tags', which may be empty.
      config: shown with the run.

    Raises:
      OSError: W&B cannot be reached or knows nobody who is logged in.
    """
    import wandb

    self._wandb, self._workdir = wandb, workdir
    self._gone = False
    given = {
      name: options.get(name) or None
      for name in ('project', 'entity', 'name', 'group')
    }
    try:
      self._run = wandb.init(
        id=_run_id(workdir),
        resume='allow',
        mode=options['mode'],
        dir=str(workdir),
        config=config,
        allow_val_change=True,
        tags=list(options.get('tags') or ()) or None,
        **given,
      )
    except wandb.errors.Error as error:
      raise OSError(
        f'W&B does not start: {" ".join(str(error).split())} With '
        '--config.wandb.mode=offline it needs no network and no login.'
      ) from error
    # Its own count only rises; ours goes back to the last checkpoint.
    self._run.define_metric('*', step_metric='step')

  def write(self, step, metrics):
    self._log({'step': step} | {k: float(v) for k, v in metrics.items()})

  def _log(self, row):
    """What W&B cannot take is in the files; days of training go on."""
    if self._gone:
      return
    try:
      self._run.log(row)
    except Exception as error:  # Its service dies in many ways.
      self._gone = True
      _LOG.warning('W&B is given up, the run goes on without: %r.', error)

  def write_images(self, step, images):
    shown = {name: self._wandb.Image(image) for name, image in images.items()}
    self._log({'step': step} | shown)

  def write_video(self, step, name, frames, audio, *, fps=25):
    """Of the file that `FileWriter` has written, which has sound."""
    sound = self._wandb.Audio(
      interface.unit_sound(audio), sample_rate=interface.SAMPLE_RATE
    )
    row = {'step': step, f'{name}_sound': sound}
    path = file_writer.video_path(self._workdir, step, name)
    if path.exists():
      row[name] = self._wandb.Video(str(path), format='mp4')
    self._log(row)

  def close(self, *, failed=False):
    if not self._gone:
      self._run.finish(exit_code=int(failed))


def _run_id(workdir: pathlib.Path) -> str:
  """The run's id, kept in the workdir. An agent of a sweep names its own."""
  path = workdir / ID
  known = path.read_text().strip() if path.exists() else ''
  chosen = os.environ.get('WANDB_RUN_ID') or known or secrets.token_hex(4)
  if chosen != known:
    whole_file.write(path, f'{chosen}\n')
  return chosen
