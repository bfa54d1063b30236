"""Which clips belong to which split, as data sets say it in text files."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Mapping

from input_pipeline import splits

FILES = {
  'train.txt': 'train',
  'val.txt': 'validation',
  'test.txt': 'test',
}
# Where they may lie, seen from the folder of clips: people give the folder with
# the lists, or one within; Wav2Lip reads `filelists` of where it is started.
_PLACES = ('.', 'filelists', '..', '../filelists', '../../filelists')


@dataclasses.dataclass(frozen=True)
class Lists:
  """What the lists of a data set say.

  Attributes:
    folder: where they are; None: there are none.
    splits: of 'folder/clip', the end of a clip's path, without suffix.
  """

  folder: pathlib.Path | None = None
  splits: Mapping[str, str] = dataclasses.field(default_factory=dict)

  @functools.cached_property
  def held_out(self) -> frozenset[str]:
    """Folders with a clip that is not for training."""
    return frozenset(
      key.partition('/')[0]
      for key, split in self.splits.items()
      if split != 'train'
    )


def read(root: pathlib.Path) -> Lists:
  """The lists in the first place of `_PLACES` that has one.

  A line is `folder/clip`; what follows a space (LRS2's flags NF and MV), a
  suffix and folders further up do not count.

  Raises:
    ValueError: a clip is in two lists, or a line is no path of that kind.
  """
  for place in _PLACES:
    folder = pathlib.Path(os.path.normpath(os.path.abspath(root / place)))
    files = [folder / name for name in FILES if (folder / name).is_file()]
    if files:
      return Lists(folder, _merge(files))
  return Lists()


def _merge(files: list[pathlib.Path]) -> dict[str, str]:
  found: dict[str, str] = {}
  for file in files:
    split = FILES[file.name]
    for number, line in enumerate(lines(file), 1):
      if not line:
        continue
      key = _key(line)
      if key is None:
        raise ValueError(
          f'{file}, line {number}: {line!r} is not of the form folder/clip.'
        )
      if found.setdefault(key, split) != split:
        raise ValueError(
          f'{key} is in {file.name} and in another list of {file.parent}: '
          'leave it in one.'
        )
  return found


def lines(file: pathlib.Path) -> list[str]:
  """The lines of a text file, without space around them.

  Raises:
    ValueError: it is not text.
  """
  try:
    text = file.read_text(encoding='utf-8-sig')
  except UnicodeDecodeError as error:
    raise ValueError(
      f'{file} is not a text file: give a folder of videos, or a text file '
      'with one path per line.'
    ) from error
  return [line.strip() for line in text.splitlines()]


def _key(line: str) -> str | None:
  path = pathlib.PurePosixPath(line.split()[0].replace('\\', '/'))
  if path.suffix.lower() in splits.VIDEO_SUFFIXES:
    path = path.with_suffix('')
  return '/'.join(path.parts[-2:]) if len(path.parts) > 1 else None
