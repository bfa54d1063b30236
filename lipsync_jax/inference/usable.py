"""Whether a face can be given other lips, and if not, why, in plain words."""

from collections.abc import Sequence

import numpy as np

from input_pipeline import pose
from lipsync_jax.inference import people

# Degrees. Systems of this kind fail beyond 60; five landmarks tell it roughly.
_MOST_YAW = 60.0
_LEAST_FACE = 20.0  # pixels of height; the mouth has 5 then
_DARK = 24.0  # levels; the brightest tenth of a black picture is below

BLACK = 'the picture is black'
NONE = 'no face'
LOST = 'the face is covered, turned away or out of the picture'
OTHER = 'the chosen face is not in the picture'
TURNED = 'the face is turned away'
SMALL = 'the face is too small'


class Judge:
  """Looks at what was chosen, picture by picture, in order."""

  def __init__(self):
    self._seen_in = -1  # shot

  def __call__(
    self,
    picture,
    shot: int,
    seen: Sequence[people.Seen],
    chosen: Sequence[people.Seen | None],
  ) -> tuple[list[people.Seen | None], str]:
    """The chosen faces that can be edited; and why, if there is none.

    Args:
      picture: a `media.Picture`.
      shot: its number.
      seen: all faces in it.
      chosen: some of them.
    """
    reasons = [one and _unusable(one.look) for one in chosen]
    kept = [
      None if reason else one
      for one, reason in zip(chosen, reasons, strict=True)
    ]
    if any(kept):
      self._seen_in = shot
      return kept, ''
    told = next(filter(None, reasons), '')
    return kept, told or self._nobody(picture, shot, seen)

  def _nobody(self, picture, shot: int, seen) -> str:
    if seen:
      return OTHER
    if np.quantile(picture.grey(32, 18), 0.9) < _DARK:
      return BLACK
    return LOST if self._seen_in == shot else NONE


def _unusable(look) -> str:
  if look.size < _LEAST_FACE:
    return SMALL
  angles = pose.angles(look)
  if angles is not None and abs(angles[0]) > _MOST_YAW:
    return TURNED
  return ''
