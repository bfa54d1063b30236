"""Whether a face can be given other lips, and if not, why, in plain words."""

from collections.abc import Callable, Sequence

import numpy as np

from input_pipeline import faces, pose, tracking
from lipsync_jax.inference import people

# Degrees. Systems of this kind fail beyond 60; five landmarks tell it roughly.
_MOST_YAW = 60.0
_LEAST_FACE = 20.0  # pixels of height; the mouth has 5 then
# By so much more must a face be found in the picture turned upside down: YuNet
# gives upright faces of GRID and drawn ones 0.94 to 0.96, and 0.045 less at
# least when they are turned over (114 pictures); its landmarks tell nothing.
_SURER = 0.02
_REMEMBERED = 100  # tracks
_DARK = 24.0  # levels; the brightest tenth of a black picture is below

BLACK = 'the picture is black'
NONE = 'no face'
LOST = 'the face is covered, turned away or out of the picture'
OTHER = 'the chosen face is not in the picture'
TURNED = 'the face is turned away'
SMALL = 'the face is too small'
OVER = 'the face is upside down'


class Judge:
  """Looks at what was chosen, picture by picture, in order.

  Args:
    detector: that found it; asked once a track whether it is upside down.
  """

  def __init__(self, detector: Callable):
    self._detector = detector
    self._over: dict[int, tuple[tracking.Track, bool]] = {}
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
    reasons = [one and self._unusable(picture, one) for one in chosen]
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

  def _unusable(self, picture, one: people.Seen) -> str:
    if one.look.size < _LEAST_FACE:
      return SMALL
    angles = pose.angles(one.look)
    if angles is not None and abs(angles[0]) > _MOST_YAW:
      return TURNED
    known = self._over.get(id(one.track))
    if known is None:
      over = angles is not None and self._is_over(picture, one.look)
      known = self._over[id(one.track)] = one.track, over
      while len(self._over) > _REMEMBERED:
        del self._over[next(iter(self._over))]
    return OVER if known[1] else ''

  def _is_over(self, picture, look) -> bool:
    image, scale = picture.small(faces.MAX_SIDE)
    height, width = image.shape[:2]
    x, y = (value / scale for value in people.centre(look))
    for found in self._detector(np.ascontiguousarray(image[::-1, ::-1])):
      at = people.centre(found)
      if np.hypot(at[0] - width + x, at[1] - height + y) < found.size / 2:
        return found.score > look.score + _SURER
    return False
