"""Videos as people name them: folders, files and lists of files."""

import pathlib
from collections.abc import Sequence

from input_pipeline import splits
from input_pipeline.preparation import filelists


def find(given: Sequence[str]) -> list[pathlib.Path]:
  """The videos that arguments name, in their order, each once.

  Args:
    given: videos; folders, of which every .mp4 is taken as the original
      evaluation does; or text files with one path per line, absolute or
      relative to the list ('#' begins a comment).

  Raises:
    FileNotFoundError: what a list names is not there.
    ValueError: a folder holds no .mp4, or a list is no text or empty.
  """
  found: list[pathlib.Path] = []
  for name in given:
    path = pathlib.Path(name)
    if path.is_dir():
      inside = sorted(path.glob('*.mp4'))
      if not inside:
        raise ValueError(f'{path}: there is no .mp4 in this folder.')
      found += inside
    elif path.suffix.lower() in splits.VIDEO_SUFFIXES or not path.exists():
      found.append(path)  # Whoever opens it says that it is not there.
    else:
      found += _listed(path)
  return list(dict.fromkeys(found))


def _listed(file: pathlib.Path) -> list[pathlib.Path]:
  paths = []
  for number, line in enumerate(filelists.lines(file), 1):
    if line and not line.startswith('#'):
      paths.append(file.parent / line)
      if not paths[-1].is_file():
        raise FileNotFoundError(
          f'{file}, line {number}: there is no file {paths[-1]}.'
        )
  if not paths:
    raise ValueError(f'{file}: there are no paths in this list.')
  return paths
