"""TensorBoard's event files, without TensorFlow."""

import json
import logging
import pathlib
import time
from typing import Any

from input_pipeline import tfrecord
from lipsync_jax.metric_writer import appending, interface, pictures

_LOG = logging.getLogger(__name__)


class TensorBoardWriter(interface.Writer):
  """Writes `folder`/events.*; a new file for every start of the run.

  What cannot be written is told of and left out.
  """

  def __init__(
    self,
    folder: pathlib.Path,
    *,
    start_step: int = 0,
    config: dict[str, Any] | None = None,
  ):
    """Opens a file.

    Args:
      folder: given to `tensorboard --logdir`.
      start_step: what earlier files tell of later steps is not shown.
      config: shown as text.

    Raises:
      OSError: it cannot be written.
    """
    from tensorboardX import summary
    from tensorboardX.proto import event_pb2

    self._summary, self._event = summary, event_pb2.Event
    folder.mkdir(parents=True, exist_ok=True)
    # Not tensorboardX's own writer: it has a thread that dies of a full disk
    # unheard, whereupon the run waits for it forever. TensorBoard reads files
    # by name: the time orders them.
    self._path = folder / f'events.out.tfevents.{time.time_ns()}'
    self._file = appending.opened(self._path)
    self._add(0, file_version='brain.Event:2')
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    self._add(start_step + 1, session_log=start)
    if config is not None:
      text = json.dumps(config, indent=2, default=str)
      # Markdown shows what is indented as it is.
      shown = '\n'.join(f'    {line}' for line in text.splitlines())
      self._add(start_step, summary=summary.text('config', shown))

  def _add(self, step, **content):
    event = self._event(step=step, wall_time=time.time(), **content)
    try:
      appending.append(self._file, tfrecord.framed(event.SerializeToString()))
    except OSError as error:
      _LOG.warning('%s: cannot be written: %s.', self._path, error.strerror)

  def write(self, step, metrics):
    for name, value in metrics.items():
      self._add(step, summary=self._summary.scalar(name, float(value)))

  def write_images(self, step, images):
    for name, image in images.items():
      found = self._summary.image(name, image, dataformats='HWC')
      self._add(step, summary=found)

  def write_video(self, step, name, frames, audio, *, fps=25):
    """It plays no videos with sound: a strip of pictures, and the sound."""
    self.write_images(step, {name: pictures.strip(frames)})
    sound = self._summary.audio(
      f'{name}_sound', interface.unit_sound(audio), interface.SAMPLE_RATE
    )
    self._add(step, summary=sound)

  def close(self, *, failed=False):
    self._file.close()
