"""What is said in each clip: by GRID's file names, or by a JSON file."""

import json
import os
import pathlib
import re
from collections.abc import Callable

Words = tuple[str, ...]
Lookup = Callable[[str], Words | None]

# The sentences of the GRID corpus (Cooke et al., JASA 2006) and the letters
# that stand for their words in the names of its files.
GRID = {
  'command': {'b': 'bin', 'l': 'lay', 'p': 'place', 's': 'set'},
  'colour': {'b': 'blue', 'g': 'green', 'r': 'red', 'w': 'white'},
  'preposition': {'a': 'at', 'b': 'by', 'i': 'in', 'w': 'with'},
  'letter': {letter: letter for letter in 'abcdefghijklmnopqrstuvxyz'},
  'digit': {'z': 'zero'}
  | dict(
    zip(
      '123456789',
      'one two three four five six seven eight nine'.split(),
      strict=True,
    )
  ),
  'adverb': {'a': 'again', 'n': 'now', 'p': 'please', 's': 'soon'},
}
_GRID_NAME = re.compile(
  ''.join(f'([{"".join(words)}])' for words in GRID.values()) + '(?:_.*)?'
)


def grid(clip_id: str) -> Words | None:
  """The six words of a GRID clip, by its file's name; None for other names.

  'train/s1/bbaf2n.mp4' says 'bin blue at f two now'. What follows an underscore
  ('bbaf2n_crop.mp4') does not count.
  """
  name = _GRID_NAME.fullmatch(pathlib.PurePosixPath(clip_id).stem.lower())
  if name is None:
    return None
  return tuple(
    words[letter]
    for words, letter in zip(GRID.values(), name.groups(), strict=True)
  )


def read(path: str | os.PathLike) -> dict[str, Words]:
  """The words of clips from a JSON file {clip id: [word of each slot]}.

  A clip id is the video's path within the folder that tools.prepare was given.

  Raises:
    OSError: there is no such file.
    ValueError: it holds something else.
  """
  text = pathlib.Path(path).read_text(encoding='utf-8')
  try:
    found = json.loads(text)
  except ValueError as error:
    raise ValueError(f'{path} is not JSON: {error}') from error
  if not isinstance(found, dict):
    raise ValueError(f'{path} holds no {{clip id: [word, ...]}}.')
  for clip_id, words in found.items():
    if not (
      isinstance(words, list) and words and all(type(w) is str for w in words)
    ):
      raise ValueError(
        f'{path}: {clip_id!r} has {words!r}, not a list of words, one per slot.'
      )
  if len({len(words) for words in found.values()}) > 1:
    raise ValueError(f'{path}: clips differ in their number of words.')
  return {clip_id: tuple(words) for clip_id, words in found.items()}
