"""Who is who across shots.

Tracks (`input_pipeline.tracking`) end with their shot; those that look alike,
by the colours of face, hair and collar, are one person. Persons are numbered
from 0 in the order in which they appear, from left to right where several
appear at once.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy.optimize

from input_pipeline import faces, looks, tracking

# Likeness of colours; of the same GRID speaker in another clip 0.8 and more.
_SAME = 0.6
# Tracks whose person is known; what was not seen since so many has ended.
_REMEMBERED = 100


class Seen(NamedTuple):
  """A face in a picture that was looked at."""

  track: tracking.Track
  look: looks.Look


class People:
  """Gives tracks to persons, by what they look like."""

  def __init__(self):
    self._last: dict[int, looks.Look] = {}
    self._of_track: dict[int, tuple[tracking.Track, int]] = {}

  def __len__(self) -> int:
    return len(self._last)

  def name(self, seen: Sequence[Seen]) -> Mapping[int, Seen]:
    """Person -> face, of one picture."""
    known = [one for one in seen if id(one.track) in self._of_track]
    taken = {self._of_track[id(one.track)][1] for one in known}
    new = [one for one in seen if id(one.track) not in self._of_track]
    self._of_track |= self._recognised(new, taken=taken)
    named = {self._of_track[id(one.track)][1]: one for one in seen}
    self._last |= {number: one.look for number, one in named.items()}
    for one in seen:  # to the end: the longest unseen is forgotten first
      self._of_track[id(one.track)] = self._of_track.pop(id(one.track))
    while len(self._of_track) > _REMEMBERED + len(seen):
      del self._of_track[next(iter(self._of_track))]
    return named

  def _recognised(self, new: Sequence[Seen], *, taken: set[int]):
    free = [number for number in self._last if number not in taken]
    new = sorted(new, key=lambda one: centre(one.look)[0])
    numbers: dict[int, int] = {}
    if free and new:
      alike = np.array(
        [[looks.likeness(self._last[n], one.look) for n in free] for one in new]
      )
      rows, columns = scipy.optimize.linear_sum_assignment(alike, maximize=True)
      numbers = {
        int(row): free[column]
        for row, column in zip(rows, columns, strict=True)
        if alike[row, column] >= _SAME
      }
    found = {}
    for row, one in enumerate(new):
      number = numbers.get(row)
      if number is None:
        number = len(self._last)
        self._last[number] = one.look
      found[id(one.track)] = one.track, number
    return found


def centre(look: faces.Detection) -> tuple[float, float]:
  x0, y0, x1, y1 = look.box
  return (x0 + x1) / 2, (y0 + y1) / 2
