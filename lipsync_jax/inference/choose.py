"""Whose lips are changed: what users say, and what it means.

Within a shot a face is a track, across shots a person (`people`).
"""

from collections.abc import Sequence

from lipsync_jax.inference import choosers

_KINDS = ('largest', 'left', 'right', 'speaker')


def parse(face: str) -> str | int | tuple[float, float]:
  """What --face says: one of the words, a number, or a place.

  Raises:
    ValueError: none of them.
  """
  if face in _KINDS:
    return face
  try:
    numbers = [float(part) for part in str(face).split(',')]
  except ValueError:
    numbers = []
  if len(numbers) == 2:
    return numbers[0], numbers[1]
  if len(numbers) == 1 and numbers[0] >= 0 and numbers[0] == int(numbers[0]):
    return int(numbers[0])
  raise ValueError(
    f'face {face!r}: choose {", ".join(_KINDS)}, a number (0 is the first from '
    'the left) or a place such as 640,210.'
  )


def make(
  face: str, *, speakers: Sequence[int] | None = None, speaking=None
) -> choosers.Chooser:
  """The chooser for what a user asked for.

  Args:
    face: see `parse`.
    speakers: persons, each with its own sound; instead of `face`.
    speaking: for face 'speaker': see `choosers.Speaking`.

  Raises:
    ValueError: see `parse`.
  """
  if speakers is not None:
    return choosers.Persons(speakers)
  what = parse(face)
  if what == 'speaker':
    return choosers.Speaking(speaking)
  if isinstance(what, str):
    return choosers.Foremost(what)
  return (
    choosers.Persons([what]) if isinstance(what, int) else choosers.Placed(what)
  )
