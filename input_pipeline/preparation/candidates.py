"""What is kept of every video between decoding and choosing: its candidates.

  <store>.json       rows of the manifest; written last, so it says: complete
  <store>.tfrecord   the chunks of all tracks, with an index
  <store>.npy        the sound, int16, to be moved against the pictures

`<store>` is a name made from the video and the options it was decoded with.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from input_pipeline import records, tfrecord, tfrecord_index
from input_pipeline.preparation import prepared

_LOCK = 'lock'
_OF_ALL = {_LOCK, 'chance'}  # files that are of no single video
# Also what is measured of them, see `scoring`. Others have a process's number.
_FINISHED = re.compile(
  rf'{_LOCK}|\w+\.(json|npy|tfrecord|tfrecord\.index|[^.]+\.(sync|json))'
)


@dataclasses.dataclass(frozen=True)
class Store:
  """The candidates of one video in a folder."""

  folder: pathlib.Path
  name: str

  @property
  def rows_path(self) -> pathlib.Path:
    return self.folder / f'{self.name}.json'

  @property
  def chunks_path(self) -> pathlib.Path:
    return self.folder / f'{self.name}.tfrecord'

  @property
  def sound_path(self) -> pathlib.Path:
    return self.folder / f'{self.name}.npy'

  def rows(self) -> list[dict] | None:
    """The rows; None if the video is not done."""
    try:
      return json.loads(self.rows_path.read_text(encoding='utf-8'))
    except (FileNotFoundError, ValueError):  # empty after a power failure
      return None

  def sound(self) -> np.ndarray:
    """[n] int16, 16 kHz; read as it is used."""
    return np.load(self.sound_path, mmap_mode='r')

  def chunks(self, numbers: Sequence[int]) -> Iterator[records.Chunk]:
    """Some of its chunks, read as they are consumed.

    Raises:
      FileNotFoundError: they were removed.
      ValueError: a record is damaged.
    """
    source = tfrecord.TFRecordSource([self.chunks_path], check=True)
    return (records.parse(source[k]) for k in numbers)

  def write(self, found: prepared.Prepared) -> list[dict]:
    """Stores a video; returns its rows.

    Raises:
      OSError: it cannot be written. Nothing is left then that a later run would
        take for complete.
    """
    unfinished = self.folder / f'{self.name}.{os.getpid()}'
    try:
      with tfrecord.TFRecordWriter(unfinished) as writer:
        for chunk in found.pieces:
          writer.write(records.encode(chunk))
      if len(writer):
        tfrecord.rename(unfinished, self.chunks_path)
        tfrecord_index.save(self.sound_path, found.sound)
      write_json(self.rows_path, found.rows)
    finally:
      tfrecord.remove(unfinished)
    return found.rows


def write_json(path: pathlib.Path, value) -> None:
  """All of it or nothing."""
  unfinished = path.with_name(f'{path.name}.{os.getpid()}')
  try:
    unfinished.write_text(json.dumps(value), encoding='utf-8')
    os.replace(unfinished, path)
  finally:
    unfinished.unlink(missing_ok=True)


def tidy(folder: pathlib.Path, names: Collection[str] | None = None) -> None:
  """Removes what a run left unfinished that was killed while it wrote.

  Args:
    folder: of candidates.
    names: stores, of which all others are removed too.
  """
  for path in folder.iterdir():
    name = path.name.partition('.')[0]
    other = names is not None and name not in _OF_ALL and name not in names
    if path.is_file() and (other or not _FINISHED.fullmatch(path.name)):
      path.unlink()


@contextlib.contextmanager
def locked(folder: pathlib.Path, work: str = 'tools.prepare') -> Iterator[None]:
  """Makes the folder, for one process at a time.

  Args:
    folder: where it works.
    work: what it does, for the message.

  Raises:
    ValueError: another process is at work in it.
    OSError: it cannot be made.
  """
  folder.mkdir(parents=True, exist_ok=True)
  with open(folder / _LOCK, 'w') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
      raise ValueError(
        f'Another {work} is at work in {folder}: wait for it to end.'
      ) from error
    yield  # The lock goes with the process, whatever ends it.
