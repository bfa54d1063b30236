"""Whether a checkpoint holds what was written.

After a power cut, or in a copy broken off, a folder that looks finished may
hold files that are short or full of zeros. Orbax would give the zeros.
"""

import json
import os
import pathlib

import google_crc32c

_NAME = 'checksums.json'
_BLOCK = 1 << 22


def write(folder: pathlib.Path) -> None:
  """Notes length and CRC-32C of every file, all of them safely on the disk.

  Args:
    folder: of a checkpoint that gets no more files but Orbax's own notes,
      which lie beside those of the items and are left out.
  """
  found = {}
  for path in _files(folder):
    with path.open('rb') as file:
      found[os.fspath(path.relative_to(folder))] = _sum(file)
      os.fsync(file.fileno())
  with (folder / _NAME).open('w') as file:
    json.dump(found, file)
    file.flush()
    os.fsync(file.fileno())


def noted(folder: pathlib.Path) -> bool:
  """Whether there are checksums, which older versions did not write."""
  return (folder / _NAME).exists()


def damage(folder: pathlib.Path, *, states: bool = True) -> str:
  """What of a checkpoint is not as it was written; '' if all is.

  Args:
    folder: of a step.
    states: look at the networks too, not at descriptions and metrics alone.
  """
  if not noted(folder):
    return ''
  try:
    expected = json.loads((folder / _NAME).read_text())
    for name, (size, checksum) in expected.items():
      if name.startswith('state/') and not states:
        continue
      with (folder / name).open('rb') as file:
        found = _sum(file)
      if found[0] != size:
        return f'{name} has {found[0]} of {size} bytes'
      if found[1] != checksum:
        return f'the checksum of {name} differs'
  except FileNotFoundError as error:
    return f'{pathlib.Path(error.filename).relative_to(folder)} is missing'
  except OSError as error:
    return f'{error.filename}: {error.strerror}'
  except ValueError:
    return f'{_NAME} cannot be read'
  return ''


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
  items = (path for path in folder.iterdir() if path.is_dir())
  return sorted(p for item in items for p in item.rglob('*') if p.is_file())


def _sum(file) -> list[int]:
  size, checksum = 0, google_crc32c.Checksum()
  while block := file.read(_BLOCK):
    size += len(block)
    checksum.update(block)
  return [size, int.from_bytes(checksum.digest(), 'big')]
