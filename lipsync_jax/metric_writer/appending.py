"""Files that grow, and never end with a half of something."""

import io
import os
import pathlib


def opened(path: pathlib.Path) -> io.FileIO:
  """A file to append to; what is written is there at once."""
  return path.open('ab', buffering=0)


def append(file: io.FileIO, data: bytes) -> None:
  """Writes all of it.

  Raises:
    OSError: the disk is full; nothing of it is in the file.
  """
  end = os.fstat(file.fileno()).st_size
  try:
    while data:
      data = data[file.write(data) :]
  except OSError:
    os.ftruncate(file.fileno(), end)
    raise
