"""TFRecord files without TensorFlow: framing, index, random access.

A record on disk is `<u64 length><u32 crc(length)><data><u32 crc(data)>`, little
endian, the checksums masked as TensorFlow masks them. Beside each file lies
`<file>.index`, a NumPy array [n, 2] int64 of (offset, length) of the data, so
record k is one `os.pread`. A missing or stale index is rebuilt by a scan, which
reads 12 bytes per record.
"""

import bisect
import os
import pathlib
import struct
from collections.abc import Iterable

import google_crc32c
import numpy as np

_HEADER = struct.Struct('<QI')
_CHECKSUM = struct.Struct('<I')
FRAME_BYTES = _HEADER.size + _CHECKSUM.size  # around every record


class TFRecordSource:
  """Random access to the records of several files, as one sequence of bytes.

  Has `len()` and `[i]`, can be pickled (file handles are reopened) and read
  from several threads: what `grain.MapDataset.source` asks for.

  Args:
    paths: the shards, in the order their records are counted.
    check: verify the checksum of every record read (adds about 0.1 ms/MB).

  Raises:
    FileNotFoundError: a shard is missing.
    ValueError: a shard is damaged, or (with `check`) a record is.
  """

  def __init__(
    self, paths: Iterable[str | os.PathLike], *, check: bool = False
  ):
    self.paths = [os.fspath(path) for path in paths]
    self.check = check
    self._indices = [read_index(path) for path in self.paths]
    self._ends = np.cumsum([len(index) for index in self._indices]).tolist()
    self._files = {}

  def __len__(self) -> int:
    return self._ends[-1] if self._ends else 0

  def __getitem__(self, k: int) -> bytes:
    if not 0 <= k < len(self):
      raise IndexError(f'Record {k} of {len(self)}.')
    shard = bisect.bisect_right(self._ends, k)
    index = self._indices[shard]
    offset, length = index[k - self._ends[shard] + len(index)].tolist()
    file = self._file(shard)
    data = os.pread(file, length, offset)
    # Read apart: cutting it off the end would copy the record.
    stored = self.check and os.pread(file, _CHECKSUM.size, offset + length)
    if self.check and _CHECKSUM.pack(_checksum(data)) != stored:
      raise ValueError(
        f'Record {k} is damaged ({self.paths[shard]}, byte {offset}): its '
        'checksum differs. Prepare or copy this shard again.'
      )
    return data

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
    self._index.append((self.num_bytes + _HEADER.size, len(data)))
    self._file.write(framed(data))
    self.num_bytes += len(data) + FRAME_BYTES

  def __len__(self) -> int:
    return len(self._index)

  def close(self):
    self._file.close()
    save(index_path(self.path), np.array(self._index, np.int64).reshape(-1, 2))

  def __enter__(self):
    return self

  def __exit__(self, *exception):
    self.close()


def framed(data: bytes) -> bytes:
  """A record as it is on disk."""
  header = struct.pack('<Q', len(data))
  header = _HEADER.pack(len(data), _checksum(header))
  return header + data + _CHECKSUM.pack(_checksum(data))


def index_path(path: str | os.PathLike) -> pathlib.Path:
  return pathlib.Path(f'{os.fspath(path)}.index')


def rename(old: str | os.PathLike, new: str | os.PathLike):
  """Renames a shard with its index."""
  os.replace(index_path(old), index_path(new))
  os.replace(old, new)


def remove(path: str | os.PathLike):
  """Removes a shard with its index; what is not there is no error."""
  for found in (pathlib.Path(path), index_path(path)):
    found.unlink(missing_ok=True)


def save(path: str | os.PathLike, array: np.ndarray):
  """Writes what `np.save` writes, all of it or nothing.

  Of a full disk `np.save` itself only says how many numbers it wrote.
  """
  # Several processes may scan the same shard: each renames a file of its own.
  temporary = pathlib.Path(f'{os.fspath(path)}.{os.getpid()}')
  try:
    with open(temporary, 'wb') as file:
      header = np.lib.format.header_data_from_array_1_0(array)
      np.lib.format.write_array_header_1_0(file, header)
      file.write(array.data)
    os.replace(temporary, path)
  finally:
    temporary.unlink(missing_ok=True)


def read_index(path: str | os.PathLike) -> np.ndarray:
  """[n, 2] int64 (offset, length) of every record; rebuilt when need be."""
  size = os.path.getsize(path)
  try:
    with open(index_path(path), 'rb') as file:
      index = np.load(file, allow_pickle=False)
    # Not stale: the last record ends where the file does.
    if _end(index) == size:
      return index
  except (FileNotFoundError, EOFError, ValueError, IndexError, TypeError):
    pass  # Missing or not ours: the scan below tells what is in the shard.
  index = scan(path)
  try:
    save(index_path(path), index)
  except OSError:
    pass  # A read-only data set: scan again next time.
  return index


def scan(path: str | os.PathLike) -> np.ndarray:
  """Builds the index of a shard from its record headers."""
  size, offset, index = os.path.getsize(path), 0, []
  with open(path, 'rb') as file:
    while offset < size:
      file.seek(offset)
      header = file.read(_HEADER.size)
      whole = len(header) == _HEADER.size
      length, checksum = _HEADER.unpack(header) if whole else (0, 0)
      end = offset + _HEADER.size + length + _CHECKSUM.size
      if not whole or checksum != _checksum(header[:8]) or end > size:
        raise ValueError(
          f'{os.fspath(path)} is damaged or cut short at byte {offset}.'
        )
      index.append((offset + _HEADER.size, length))
      offset = end
  return np.array(index, np.int64).reshape(-1, 2)


def _end(index: np.ndarray) -> int:
  return int(index[-1].sum()) + _CHECKSUM.size if len(index) else 0


def _checksum(data: bytes) -> int:
  """CRC-32C, rotated and shifted: TensorFlow's masked checksum."""
  crc = google_crc32c.value(data)
  return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
