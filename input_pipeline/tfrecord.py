"""TFRecord files without TensorFlow: written, and read by random access.

`tfrecord_index` says how records lie on disk. Record k is one `os.pread`.
"""

import bisect
import os
import pathlib
import struct
from collections.abc import Iterable

import numpy as np

from input_pipeline import tfrecord_index
from input_pipeline.tfrecord_index import CHECKSUM, HEADER

FRAME_BYTES = HEADER.size + CHECKSUM.size  # around every record


class DamagedRecordError(ValueError):
  """A record that is not what was written.

  Attributes:
    how: what is wrong with it.
    data: what can be read of it.
  """

  def __init__(self, message: str, how: str = '', data: bytes = b''):
    super().__init__(message)
    self.how, self.data = how, data


class TFRecordSource:
  """Random access to the records of several files, as one sequence of bytes.

  Has `len()` and `[i]`, can be pickled (file handles are reopened) and read
  from several threads: what `grain.MapDataset.source` asks for.

  Args:
    paths: the shards, in the order their records are counted.
    check: verify the checksum of every record read (adds about 0.1 ms/MB).
      A shard that lost records then fails where one of these is read.

  Raises:
    FileNotFoundError: a shard is missing.
    DamagedRecordError: (with `check`) a record is damaged.
    ValueError: a shard is.
  """

  def __init__(
    self, paths: Iterable[str | os.PathLike], *, check: bool = False
  ):
    self.paths = [os.fspath(path) for path in paths]
    self.check = check
    self._indices = [
      tfrecord_index.read_index(path, keep=check) for path in self.paths
    ]
    self._ends = np.cumsum([len(index) for index in self._indices]).tolist()
    self._files = {}

  def __len__(self) -> int:
    return self._ends[-1] if self._ends else 0

  def __getitem__(self, k: int) -> bytes:
    shard, offset, length = self._where(k)
    file = self._file(shard)
    if not self.check:
      return os.pread(file, length, offset)
    # A damaged index may ask for more bytes than there is memory.
    room = os.fstat(file).st_size - offset - CHECKSUM.size
    if not 0 <= length <= room or offset < 0:
      rest = os.pread(file, max(0, room), max(0, offset))
      raise self._damaged(k, 'the shard ends before it does', rest)
    data = os.pread(file, length, offset)
    # Read apart: cutting it off the end would copy the record.
    stored = os.pread(file, CHECKSUM.size, offset + length)
    if CHECKSUM.pack(tfrecord_index.checksum(data)) != stored:
      raise self._damaged(k, 'its checksum differs', data)
    return data

  def place(self, k: int) -> str:
    """Where record k lies, for people: shard and byte."""
    shard, offset, _ = self._where(k)
    return f'{self.paths[shard]}, byte {offset}'

  def _where(self, k: int) -> tuple[int, int, int]:
    if not 0 <= k < len(self):
      raise IndexError(f'Record {k} of {len(self)}.')
    shard = bisect.bisect_right(self._ends, k)
    index = self._indices[shard]
    offset, length = index[k - self._ends[shard] + len(index)].tolist()
    return shard, offset, length

  def _damaged(self, k: int, how: str, data: bytes) -> DamagedRecordError:
    return DamagedRecordError(
      f'Record {k} is damaged ({self.place(k)}): {how}. '
      'Prepare or copy this shard again.',
      how,
      data,
    )

  def __repr__(self) -> str:
    return f'TFRecordSource({len(self)} records, {len(self.paths)} shards)'

  def __getstate__(self):
    return {**self.__dict__, '_files': {}}

  # A default argument: at the end of the process `os` is gone already.
  def __del__(self, close=os.close):
    for file in getattr(self, '_files', {}).values():
      close(file)

  def _file(self, shard: int) -> int:
    if shard not in self._files:
      file = os.open(self.paths[shard], os.O_RDONLY)
      # Another thread may have been faster; keep one handle and close ours.
      if self._files.setdefault(shard, file) != file:
        os.close(file)
    return self._files[shard]


class TFRecordWriter:
  """Writes one file and, at `close`, its index. A context manager."""

  def __init__(self, path: str | os.PathLike):
    self.path = pathlib.Path(path)
    self.num_bytes = 0
    self._index = []
    self._file = open(self.path, 'wb')

  def write(self, data: bytes):
    self._index.append((self.num_bytes + HEADER.size, len(data)))
    self._file.write(framed(data))
    self.num_bytes += len(data) + FRAME_BYTES

  def __len__(self) -> int:
    return len(self._index)

  def close(self):
    self._file.close()
    index = np.array(self._index, np.int64).reshape(-1, 2)
    tfrecord_index.save(tfrecord_index.index_path(self.path), index)

  def __enter__(self):
    return self

  def __exit__(self, *exception):
    self.close()


def framed(data: bytes) -> bytes:
  """A record as it is on disk."""
  header = struct.pack('<Q', len(data))
  header = HEADER.pack(len(data), tfrecord_index.checksum(header))
  return header + data + CHECKSUM.pack(tfrecord_index.checksum(data))


def rename(old: str | os.PathLike, new: str | os.PathLike):
  """Renames a shard with its index."""
  os.replace(tfrecord_index.index_path(old), tfrecord_index.index_path(new))
  os.replace(old, new)


def remove(path: str | os.PathLike):
  """Removes a shard with its index; what is not there is no error."""
  for found in (pathlib.Path(path), tfrecord_index.index_path(path)):
    found.unlink(missing_ok=True)
