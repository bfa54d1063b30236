"""Files in the workdir: metrics.jsonl, samples/*.png, samples/*.mp4."""

import json
import logging
import os
import pathlib
from typing import Any

import cv2
import numpy as np

from input_pipeline import media, whole_file
from lipsync_jax.metric_writer import appending, interface

_LOG = logging.getLogger(__name__)

NAME = 'metrics.jsonl'
# Of each name; older ones are removed. Of 3 s and 96 pixels each is 0.1 MB.
_KEPT_VIDEOS = 50


class FileWriter(interface.Writer):
  """Rows are in the file, whole, when `write` returns.

  A picture or a video that cannot be written is told of and left out.
  """

  def __init__(
    self,
    workdir: pathlib.Path,
    *,
    start_step: int = 0,
    evaluated: bool = True,
  ):
    """Opens the files; drops rows of steps after `start_step`.

    Args:
      workdir: of the run.
      start_step: the last one done.
      evaluated: it; if not, a row of its evaluation is dropped as well.

    Raises:
      OSError: a file cannot be written; the rows that were there still are.
    """
    self._workdir = workdir
    self._path = workdir / NAME
    samples(workdir).mkdir(parents=True, exist_ok=True)
    kept = [
      row
      for row in read(self._path)
      if row['step'] < start_step
      or (row['step'] == start_step and (evaluated or not _is_judged(row)))
    ]
    text = ''.join(json.dumps(row) + '\n' for row in kept)
    if not self._path.exists() or self._path.read_bytes() != text.encode():
      whole_file.write(self._path, text)
    self._file = appending.opened(self._path)

  def write(self, step, metrics):
    """Appends a row.

    Raises:
      OSError: the disk is full; the file ends with the row before.
    """
    row = {'step': step} | {k: float(v) for k, v in metrics.items()}
    line = (json.dumps(row) + '\n').encode()
    try:
      appending.append(self._file, line)
    except OSError as error:
      raise OSError(
        f'{self._path}: the row of step {step} cannot be written: '
        f'{error.strerror}. Make room and start the run again: it goes on from '
        'its last checkpoint.'
      ) from error

  def write_images(self, step, images):
    for name, image in images.items():
      path = picture_path(self._workdir, step, name)
      _, png = cv2.imencode('.png', image[..., ::-1])
      try:
        whole_file.write(path, png.tobytes())
      except OSError as error:
        _LOG.warning('%s: cannot be written: %s.', path, error.strerror)

  def write_video(self, step, name, frames, audio, *, fps=25):
    path = video_path(self._workdir, step, name)
    # 4:2:0 halves both sides.
    odd = [(0, side % 2) for side in frames.shape[1:3]]
    frames = np.pad(frames, [(0, 0), *odd, (0, 0)], mode='edge')
    height, width = frames.shape[1:3]
    try:
      with media.VideoWriter(
        path,
        width=width,
        height=height,
        fps=fps,
        audio=interface.unit_sound(audio),
        sample_rate=interface.SAMPLE_RATE,
      ) as video:
        for frame in frames:
          video.write(frame)
    except (media.MediaError, OSError) as error:
      _LOG.warning('%s', error)
      return
    for old in sorted(path.parent.glob(_name('*', name, 'mp4')))[
      :-_KEPT_VIDEOS
    ]:
      old.unlink(missing_ok=True)

  def sync(self):
    os.fsync(self._file.fileno())

  def close(self, *, failed=False):
    self._file.close()


def samples(workdir: pathlib.Path) -> pathlib.Path:
  """The folder of pictures and videos."""
  return workdir / 'samples'


def picture_path(workdir: pathlib.Path, step: int, name: str) -> pathlib.Path:
  """Where a picture is."""
  return samples(workdir) / _name(f'{step:08d}', name, 'png')


def video_path(workdir: pathlib.Path, step: int, name: str) -> pathlib.Path:
  """Where a video is."""
  return samples(workdir) / _name(f'{step:08d}', name, 'mp4')


def _name(step: str, name: str, ending: str) -> str:
  return f'{name.replace("/", "_")}_{step}.{ending}'


def _is_judged(row: dict[str, Any]) -> bool:
  return any(name.startswith('val/') for name in row)


def read(path: str | pathlib.Path) -> list[dict[str, Any]]:
  """Rows of a metrics file; what a crash left broken is left out."""
  path = pathlib.Path(path)
  rows = []
  text = path.read_text(errors='replace') if path.exists() else ''
  for line in text.splitlines():
    try:
      row = json.loads(line)
      row['step'] + 0  # noqa: B018 - a row without a number is none
      rows.append(row)
    except (json.JSONDecodeError, LookupError, TypeError):
      _LOG.warning('Left out a broken line of %s: %r', path, line[:60])
  return rows
