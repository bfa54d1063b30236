"""Where each record of a TFRecord file lies, without reading them all.

A record on disk is `<u64 length><u32 crc(length)><data><u32 crc(data)>`, little
endian, the checksums masked as TensorFlow masks them. Beside each file lies
`<file>.index`, a NumPy array [n, 2] int64 of (offset, length) of the data. A
missing or stale index is rebuilt by a scan, which reads 12 bytes per record.
"""

import os
import pathlib
import struct

import google_crc32c
import numpy as np

HEADER = struct.Struct('<QI')
CHECKSUM = struct.Struct('<I')


def index_path(path: str | os.PathLike) -> pathlib.Path:
  return pathlib.Path(f'{os.fspath(path)}.index')


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


def read_index(path: str | os.PathLike, *, keep: bool = False) -> np.ndarray:
  """[n, 2] int64 (offset, length) of every record; rebuilt when need be.

  Args:
    path: the shard.
    keep: of a shard that is cut short or damaged between records, believe the
      index beside it: which records are lost then shows when they are read.

  Raises:
    ValueError: the shard is damaged.
  """
  index = _stored(path)
  # Not stale: the last record ends where the file does.
  if index is not None and _end(index) == os.path.getsize(path):
    return index
  known = keep and index is not None and len(index) > 0
  try:
    found = scan(path)
  except ValueError:
    if known:
      return index
    raise
  # Cut between two records, or its index would be of another file.
  if known and np.array_equal(index[: len(found)], found):
    return index
  try:
    save(index_path(path), found)
  except OSError:
    pass  # A read-only data set: scan again next time.
  return found


def _stored(path: str | os.PathLike) -> np.ndarray | None:
  """The index beside a shard; None if it is missing or not ours."""
  try:
    with open(index_path(path), 'rb') as file:
      index = np.load(file, allow_pickle=False)
    _end(index)
    return index
  except (FileNotFoundError, EOFError, ValueError, IndexError, TypeError):
    return None


def scan(path: str | os.PathLike) -> np.ndarray:
  """Builds the index of a shard from its record headers."""
  size, offset, index = os.path.getsize(path), 0, []
  with open(path, 'rb') as file:
    while offset < size:
      file.seek(offset)
      header = file.read(HEADER.size)
      whole = len(header) == HEADER.size
      length, stored = HEADER.unpack(header) if whole else (0, 0)
      end = offset + HEADER.size + length + CHECKSUM.size
      if not whole or stored != checksum(header[:8]) or end > size:
        raise ValueError(
          f'{os.fspath(path)} is damaged or cut short at byte {offset}.'
        )
      index.append((offset + HEADER.size, length))
      offset = end
  return np.array(index, np.int64).reshape(-1, 2)


def _end(index: np.ndarray) -> int:
  return int(index[-1].sum()) + CHECKSUM.size if len(index) else 0


def checksum(data: bytes) -> int:
  """CRC-32C, rotated and shifted: TensorFlow's masked checksum."""
  crc = google_crc32c.value(data)
  return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
