"""Files that are there complete or not at all."""

import os
import pathlib
import secrets


def write(path: str | os.PathLike, content: bytes | str) -> None:
  """Writes a file, which appears when it is complete.

  Args:
    path: of the file; what is there is replaced.
    content: text is written as UTF-8, line ends as they are.

  Raises:
    OSError: it cannot be written; what was there still is.
  """
  path = pathlib.Path(path)
  if isinstance(content, str):
    # Names of files may be no text: their bytes stay what they are.
    content = content.encode('utf-8', 'surrogateescape')
  # Several processes may write the same file: each renames one of its own,
  # named by chance, as those of several machines may have the same number.
  unfinished = path.with_name(f'.{path.name}.{secrets.token_hex(4)}')
  try:
    with unfinished.open('wb') as file:
      file.write(content)
      file.flush()
      os.fsync(file.fileno())  # Else a power cut leaves it empty.
    os.replace(unfinished, path)
  finally:
    unfinished.unlink(missing_ok=True)
