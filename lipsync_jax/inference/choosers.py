"""Ways to choose among the faces of a picture, as a stream."""

import bisect
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from input_pipeline import looks
from lipsync_jax.inference.people import People, Seen, centre

_PATIENCE = 0.5  # seconds a lost face is waited for before another is taken


class Moment(NamedTuple):
  """A picture that was looked at.

  Attributes:
    time: seconds in the output, for patience.
    source_time: seconds in the video, for who speaks then.
    seen: the faces.
  """

  time: float
  source_time: float
  seen: Sequence[Seen]


@runtime_checkable
class Chooser(Protocol):
  """Chooses one face, or several to which different sounds belong.

  Attributes:
    count: how many at most at a time.
    missing: in plain words what was asked for and never seen, '' if nothing.
  """

  count: int
  missing: str

  def __call__(self, moment: Moment) -> list[Seen | None]:
    """`count` faces, None where one is not to be seen."""


class Foremost:
  """The largest, leftmost or rightmost face; kept until it is gone for 0.5 s.

  In a new shot it is chosen anew.
  """

  count = 1

  def __init__(self, kind: str):
    self._rank = {
      'largest': lambda look: look.size,
      'left': lambda look: -centre(look)[0],
      'right': lambda look: centre(look)[0],
    }[kind]
    self._track, self._since = None, 0.0
    self.missing = ''

  def __call__(self, moment: Moment) -> list[Seen | None]:
    if not moment.seen:
      return [None]
    mine = [one for one in moment.seen if one.track is self._track]
    if not mine:
      # The tracks of another shot are others: nobody is waited for there.
      waiting = self._track is not None and (
        self._track.shot == moment.seen[0].track.shot
      )
      if waiting and moment.time - self._since <= _PATIENCE:
        return [None]
      mine = [max(moment.seen, key=lambda one: self._rank(one.look))]
    self._track, self._since = mine[0].track, moment.time
    return [mine[0]]


class Persons:
  """Certain persons, wherever and in whichever shot they are."""

  def __init__(self, numbers: Sequence[int]):
    self.count = len(numbers)
    self._numbers = list(numbers)
    self._people = People()
    self._found: set[int] = set()

  def __call__(self, moment: Moment) -> list[Seen | None]:
    by_person = self._people.name(moment.seen)
    self._found |= by_person.keys()
    return [by_person.get(number) for number in self._numbers]

  @property
  def missing(self) -> str:
    lost = [str(n) for n in self._numbers if n not in self._found]
    if not lost:
      return ''
    return (
      f'Face {" and ".join(lost)} was never seen; there were '
      f'{len(self._people)} in all, numbered from 0.'
    )


class Placed:
  """The person at a place of the first picture in which someone is there."""

  count = 1

  def __init__(self, place: tuple[float, float]):
    self._place = place
    self._people = People()
    self._number: int | None = None

  def __call__(self, moment: Moment) -> list[Seen | None]:
    by_person = self._people.name(moment.seen)
    if self._number is None:
      there = [n for n, s in by_person.items() if _covers(s.look, self._place)]
      self._number = min(
        there,
        key=lambda n: np.hypot(
          *np.subtract(centre(by_person[n].look), self._place)
        ),
        default=None,
      )
    return [by_person.get(self._number)]

  @property
  def missing(self) -> str:
    if self._number is not None:
      return ''
    x, y = self._place
    return f'No face was ever seen at {x:g},{y:g}.'


class Speaking:
  """Whoever speaks in the video's own sound, as an expert found before.

  Args:
    rows: (begin, end, x, y, size): from when to when (seconds of the video),
      where (pixels) and how large (side of its square) the face is that speaks.
  """

  count = 1

  def __init__(self, rows: Sequence[tuple[float, float, float, float, float]]):
    self._rows = sorted(rows)
    self._begins = [begin for begin, *_ in self._rows]
    self._found = False

  def __call__(self, moment: Moment) -> list[Seen | None]:
    # One face speaks at a time: the last row to begin is the only one.
    row = bisect.bisect_right(self._begins, moment.source_time) - 1
    if row < 0 or not moment.seen:
      return [None]
    _, end, x, y, size = self._rows[row]
    if moment.source_time >= end:
      return [None]
    gaps = [
      np.hypot(cx - x, cy - y)
      for cx, cy in (centre(one.look) for one in moment.seen)
    ]
    if min(gaps) >= size / 2:
      return [None]
    self._found = True
    return [moment.seen[int(np.argmin(gaps))]]

  @property
  def missing(self) -> str:
    return '' if self._found else 'No face was found to be speaking.'


def _covers(look: looks.Look, place: tuple[float, float]) -> bool:
  """Whether a place is on a face, or as near as a finger is on a telephone."""
  (x0, y0, x1, y1), slack = look.box, look.size / 4
  return (
    x0 - slack <= place[0] <= x1 + slack
    and y0 - slack <= place[1] <= y1 + slack
  )
