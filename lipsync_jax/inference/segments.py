"""The pictures of an unfinished output, in pieces that a broken job resumes.

They lie in a hidden folder beside the output, `.NAME.parts`: files of 256
frames each, which have their name only when they are complete, and `job.json`,
which says of which job they are.
"""

import fcntl
import fractions
import json
import os
import pathlib
import shutil
from typing import Any

from input_pipeline import media

_JOB, _LOCK = 'job.json', 'lock'
LENGTH = 256  # frames; ten seconds, about one key frame of x264's default


class Segments:
  """Writes pictures; use as a context manager.

  At an exception the finished pieces stay, if there are any, so that the same
  job can go on after them.

  Attributes:
    done: frames that an earlier job finished; they are to be written again no
      more.
  """

  def __init__(
    self,
    output,
    job: dict[str, Any],
    *,
    format: media.Format,
    timing: media.Timing,
    crf: int,
    threads: int = 0,
    resume: bool,
  ):
    """Makes the folder.

    Args:
      output: the file to come.
      job: all that the pictures depend on; JSON.
      format, crf, threads: see `media.VideoWriter`.
      timing: whose rate the pictures have; with a variable one they come at
        their own times.
      resume: go on after what is there already.

    Raises:
      ValueError: what is there is of another job, or another process is at work
        on it.
      MediaError: the folder cannot be made.
    """
    self._output = output = pathlib.Path(output)
    self._folder = _folder(output)
    self._settings = {'format': format, 'fps': timing.fps, 'crf': crf}
    self._settings['threads'] = threads
    self._constant = timing.constant
    self._starts: list[fractions.Fraction] = []
    self._writer, self._count = None, 0
    self._finished = False
    try:
      self._folder.mkdir(exist_ok=True)
      self._lock = _lock(self._folder)
      try:
        self.done = self._resume(job) if resume else self._begin(job)
      except BaseException:
        self._clear()
        self._lock.close()
        raise
    except OSError as error:
      raise media.OutputError(
        f'{output}: cannot be written: {error.strerror or error}.'
      ) from error

  def write(
    self, frame, time: fractions.Fraction, end: fractions.Fraction
  ) -> None:
    """The next frame; ignored if an earlier job finished it.

    Args:
      frame: `av.VideoFrame` of the format.
      time, end: seconds between which it is shown.

    Raises:
      MediaError: it cannot be written.
    """
    index, self._count = self._count, self._count + 1
    if index % LENGTH == 0:
      self._close()
      self._starts.append(time)
    if index < self.done:
      return
    if self._writer is None:
      self._writer = media.VideoWriter(self._path(index), **self._settings)
      self._writer.__enter__()
    begin = self._starts[-1]
    own = {} if self._constant else {'time': time - begin, 'end': end - begin}
    self._writer.write(frame, **own)

  def finish(self) -> tuple[list[pathlib.Path], list[fractions.Fraction]]:
    """All pieces in order, and when each begins."""
    self._close()
    count = len(self._starts)
    return [self._path(k * LENGTH) for k in range(count)], self._starts

  @property
  def whole(self) -> pathlib.Path:
    """Where to put the output together, before `publish`."""
    return self._folder / f'whole{self._output.suffix}'

  def publish(self) -> None:
    """Gives what is at `whole` its name; nothing else of this is needed."""
    os.replace(self.whole, self._output)
    shutil.rmtree(self._folder)
    self._finished = True

  def __enter__(self):
    return self

  def __exit__(self, kind, value, traceback):
    try:
      if self._writer is not None:
        # Whatever is unfinished is thrown away by its writer.
        self._writer.__exit__(kind or Exception, value, traceback)
      if not self._finished:
        self._clear()
    finally:
      self._lock.close()
    if isinstance(value, media.OutputError):  # It names a hidden file.
      why = str(value).rpartition('cannot be written: ')[2]
      raise media.OutputError(
        f'{self._output}: cannot be written: {why}'
      ) from value

  def _clear(self) -> None:
    """Leaves nothing if there is nothing to go on from."""
    if not self._path(0).exists():
      shutil.rmtree(self._folder, ignore_errors=True)

  def _path(self, index: int) -> pathlib.Path:
    return self._folder / f'{index // LENGTH:06d}.mp4'

  def _close(self) -> None:
    if self._writer is not None:
      writer, self._writer = self._writer, None
      writer.__exit__(None, None, None)

  def _begin(self, job) -> int:
    for path in self._folder.iterdir():
      if path.name != _LOCK:
        path.unlink()
    (self._folder / _JOB).write_text(json.dumps(job), encoding='utf-8')
    return 0

  def _resume(self, job) -> int:
    path = self._folder / _JOB
    if not path.exists():
      return self._begin(job)
    try:
      before = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:  # empty after a power failure: nobody knows whose it is
      return self._begin(job)
    if before != json.loads(json.dumps(job)):
      raise ValueError(
        'What is there to be resumed was made from other files or with other '
        'options; run again without resuming.'
      )
    for name in ('.*', 'whole.*'):
      for unfinished in self._folder.glob(name):
        unfinished.unlink()
    pieces = 0
    while self._path(pieces * LENGTH).exists():
      pieces += 1
    return pieces * LENGTH


def unfinished(output) -> bool:
  """Whether pieces of a broken job for this output are there."""
  return _folder(pathlib.Path(output)).exists()


def _folder(output: pathlib.Path) -> pathlib.Path:
  return output.with_name(f'.{output.name}.parts')


def _lock(folder: pathlib.Path):
  """A file that only one process has; it is free again when that ends."""
  file = open(folder / _LOCK, 'w')
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError as error:
    file.close()
    raise ValueError(
      f'Another process is writing the same output ({folder.name}): wait for '
      'it to end.'
    ) from error
  return file
