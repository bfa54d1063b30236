"""Who is who: detections joined to tracks of one person within one shot.

Boxes that overlap are one face, and so are near ones that look alike; which
goes with which is settled for all faces of a frame at once (the assignment of
greatest total likeness), so that two who sit close do not swap.
"""

import bisect
import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.optimize

from input_pipeline import alignment, looks

_SAME_PLACE = 0.3  # intersection over union
_NEAR = 0.7  # of a face's height, between centres
_ALIKE = 0.6  # likeness of colours; of the same GRID speaker 0.8 and more
_UNLIKE = 0.2  # below it another person, whatever the place
_PATIENCE = alignment.FPS  # frames a lost face is waited for


@dataclasses.dataclass
class Track:
  """One face through one shot.

  Attributes:
    shot: number of the shot.
    frames: where it was seen, ascending.
    looks: what was seen there.
  """

  shot: int
  frames: list[int]
  looks: list[looks.Look]

  @property
  def span(self) -> slice:
    return slice(self.frames[0], self.frames[-1] + 1)

  def detections(self) -> list[looks.Look | None]:
    """One for each frame of `span`."""
    first = self.frames[0]
    found: list[looks.Look | None] = [None] * (self.frames[-1] + 1 - first)
    for frame, look in zip(self.frames, self.looks, strict=True):
      found[frame - first] = look
    return found


class Tracker:
  """Joins detections to tracks as they come.

  Args:
    patience: frames a lost face is waited for.
  """

  def __init__(self, *, patience: int = _PATIENCE):
    self._patience = patience
    self._active: list[Track] = []

  def add(self, frame: int, shot: int, seen: Sequence[looks.Look]):
    """The track of each face that is seen in a frame; new or continued.

    Args:
      frame: its number, rising.
      shot: of which shot; tracks end with it.
      seen: the faces.
    """
    self._active = [
      track
      for track in self._active
      if track.shot == shot and frame - track.frames[-1] <= self._patience
    ]
    pairs = _pairs(self._active, seen)
    found = []
    for k, look in enumerate(seen):
      track = pairs.get(k)
      if track is None:
        track = Track(shot, [], [])
        self._active.append(track)
      track.frames.append(frame)
      track.looks.append(look)
      found.append(track)
    return found


def link(
  found: Sequence[list[looks.Look] | None],
  cuts: Sequence[int],
  *,
  every: int = 1,
) -> list[Track]:
  """All tracks of a video, in the order in which they begin.

  Args:
    found: of each frame the faces, None where nobody looked.
    cuts: first frame of every shot but the first, ascending.
    every: how far apart the looks are at most; a face seen this near to a
      cut is taken to have been there up to the cut.
  """
  tracker, tracks = Tracker(), {}
  for frame, seen in enumerate(found):
    shot = bisect.bisect_right(cuts, frame)
    for track in tracker.add(frame, shot, seen or ()):
      tracks[id(track)] = track
  ordered = sorted(tracks.values(), key=lambda t: (t.frames[0], t.looks[0].box))
  bounds = [0, *cuts, len(found)]
  for track in ordered:
    _extend(track, bounds[track.shot], bounds[track.shot + 1], every)
  return ordered


def _pairs(active: list[Track], seen: Sequence[looks.Look]) -> dict[int, Track]:
  """Which detection continues which track."""
  if not active or not seen:
    return {}
  gain = np.array([[_gain(t.looks[-1], d) for d in seen] for t in active])
  rows, columns = scipy.optimize.linear_sum_assignment(gain, maximize=True)
  return {
    int(k): active[t]
    for t, k in zip(rows, columns, strict=True)
    if gain[t, k] > 0
  }


def _gain(last: looks.Look, now: looks.Look) -> float:
  """How well a detection continues a track; 0: not at all."""
  alike = looks.likeness(last, now)
  overlap = _overlap(last.box, now.box)
  if overlap >= _SAME_PLACE and alike >= _UNLIKE:
    return 1 + overlap + alike
  near = _distance(last.box, now.box) < _NEAR * last.size
  similar = 0.5 < now.size / last.size < 2
  return alike if near and similar and alike >= _ALIKE else 0.0


def _extend(track: Track, begin: int, end: int, every: int) -> None:
  """To the borders of the shot, where it is less than a look away."""
  if 0 < track.frames[0] - begin < every:
    track.frames.insert(0, begin)
    track.looks.insert(0, track.looks[0])
  if 0 < end - 1 - track.frames[-1] < every:
    track.frames.append(end - 1)
    track.looks.append(track.looks[-1])


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
  """Intersection over union of two boxes."""
  width = min(a[2], b[2]) - max(a[0], b[0])
  height = min(a[3], b[3]) - max(a[1], b[1])
  shared = max(width, 0.0) * max(height, 0.0)
  areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)]
  return shared / (sum(areas) - shared) if shared else 0.0


def _distance(a: tuple[float, ...], b: tuple[float, ...]) -> float:
  """Between the centres of two boxes."""
  return (
    float(np.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3])) / 2
  )
