"""Faces through time, as a stream: looking, tracking, choosing, smoothing."""

import bisect
import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from input_pipeline import detections, looks, shots, tracking, tracks
from lipsync_jax.inference import choosers, fades, people, schedule, usable

# Seconds before and after a frame that its square may depend on. Smoothing is
# the better the further it sees: `tracks` takes a median over 2 s.
_PAST = 3.0
_AHEAD = 1.5
# The pictures that wait meanwhile may take this much memory (1.5 s of 720p at
# 25 fps are 52 MB); for 4K the future seen is shorter.
_MEMORY = 2**28

# Seconds between looks at most: longer gaps are not filled by `tracks`.
_LOOK = 0.5
_CUT_KNOWN = 2  # frames after it, see `shots.CutFinder`


@dataclasses.dataclass(eq=False)
class Frame:
  """A picture on its way through the engine.

  Attributes:
    shown: the picture and its time; None once it has gone on.
    shot: number of the shot, counted by cuts.
    looked: whether a detector looked at it.
    found: of each chosen face, where it was seen; None if it was not.
    boxes: of each, the square to be edited; None to leave it as it is.
    strengths: of each, 0..1, for a faded transition.
    reason: why a picture without any square has none.
  """

  shown: schedule.Shown | None
  shot: int
  looked: bool
  found: list[looks.Look | None]
  boxes: list[tracks.CropBox | None]
  strengths: list[float]
  reason: str = ''


def follow(
  pictures: Iterable[schedule.Shown],
  detector,
  *,
  chooser: choosers.Chooser,
  fps: float,
  every: int,
) -> Iterator[Frame]:
  """Finds the faces to be edited and follows them, without lag or jitter.

  The squares are smoothed by filters that are centred in time (see `tracks`),
  for which the stream runs 1.5 s late; nothing is smoothed across a cut.

  Args:
    pictures: in order.
    detector: see `input_pipeline.faces`.
    chooser: whose lips are changed.
    fps: how many pictures there are in a second, on average.
    every: look at every k-th picture, and at least twice a second (at all where
      faces come, go or jump).

  Yields:
    The pictures in order with `boxes`, `strengths` and `reason` set.
  """
  every = min(every, max(1, int(_LOOK * fps)))
  ahead = None
  past: collections.deque = collections.deque(maxlen=round(_PAST * fps))
  waiting: list[Frame] = []
  hop = max(1, round(fps / 5))  # pictures settled at a time
  looked = _looked(pictures, detector, every)
  for frame in _chosen(looked, chooser, usable.Judge(detector), fps):
    if ahead is None:
      room = _MEMORY // frame.shown.picture.nbytes
      ahead = max(hop, min(round(_AHEAD * fps), room))
    waiting.append(frame)
    if len(waiting) >= ahead + hop:
      _place(past, waiting, fps, every)
      yield from _release(past, waiting, hop)
  _place(past, waiting, fps, every)
  yield from _release(past, waiting, len(waiting))


def _looked(pictures, detector, every: int) -> Iterator[tuple]:
  """(picture, number of its shot, faces or None where nobody looked)."""
  finder, waiting, count = shots.CutFinder(), collections.deque(), 0

  def settle():
    nonlocal count
    item, found = waiting.popleft()
    shot = bisect.bisect_right(finder.cuts, count)
    count += 1
    return item, shot, found

  pictures, seen = itertools.tee(pictures)
  found = detections.detect(
    (item.picture for item in seen), looks.Looker(detector), every=every
  )
  for pair in zip(pictures, found, strict=True):
    finder.add(pair[0].picture)
    waiting.append(pair)
    if len(waiting) > _CUT_KNOWN:
      yield settle()
  while waiting:
    yield settle()


def _chosen(
  looked, chooser: choosers.Chooser, judge: usable.Judge, fps: float
) -> Iterator[Frame]:
  """The faces to be edited, and why there is none."""
  tracker = tracking.Tracker(patience=round(fps))
  for index, (item, shot, found) in enumerate(looked):
    mine: Sequence = [None] * chooser.count
    reason = ''
    if found is not None:
      seen = [
        people.Seen(track, look)
        for track, look in zip(
          tracker.add(index, shot, found), found, strict=True
        )
      ]
      for track, _ in seen:  # What is past is not needed, and would grow.
        del track.frames[:-1], track.looks[:-1]
      moment = choosers.Moment(float(item.time), item.picture.time, seen)
      mine, reason = judge(item.picture, shot, seen, chooser(moment))
    yield Frame(
      shown=item,
      shot=shot,
      looked=found is not None,
      found=[one and one.look for one in mine],
      boxes=[None] * chooser.count,
      strengths=[1.0] * chooser.count,
      reason=reason,
    )


def _place(past, waiting: list[Frame], fps: float, every: int) -> None:
  """Sets the squares and strengths of all waiting pictures, as known now."""
  frames = [*past, *waiting]
  shot_numbers = [frame.shot for frame in frames]
  for face in range(len(frames[0].found) if frames else 0):
    boxes = []
    for _, group in itertools.groupby(frames, key=lambda frame: frame.shot):
      boxes += tracks.smooth_track(
        _to_the_cuts(list(group), face, every), fps=fps
      )
    missed = [frame.looked and frame.found[face] is None for frame in frames]
    for k in fades.lost(missed, fps):
      boxes[k] = None
    # What was edited stays so: the past is not rewritten.
    has_box = [frame.boxes[face] is not None for frame in past]
    has_box += [box is not None for box in boxes[len(past) :]]
    strengths = fades.strengths(has_box, shot_numbers, fps)
    for k, frame in enumerate(waiting, start=len(past)):
      frame.boxes[face], frame.strengths[face] = boxes[k], strengths[k]


def _to_the_cuts(
  frames: Sequence[Frame], face: int, every: int
) -> list[looks.Look | None]:
  """What was seen of a face in a shot, up to where the shot begins and ends.

  A face that was seen less than a look away from a cut was there.
  """
  found = [frame.found[face] for frame in frames]
  seen = [k for k, look in enumerate(found) if look is not None]
  if seen:
    for edge, near in ((0, seen[0]), (len(found) - 1, seen[-1])):
      between = frames[min(edge, near) : max(edge, near) + 1]
      unlooked = sum(not frame.looked for frame in between)
      if 0 < abs(edge - near) < every and unlooked == abs(edge - near):
        found[edge] = found[near]
  return found


def _release(past, waiting: list[Frame], count: int) -> Iterator[Frame]:
  for _ in range(count):
    frame = waiting.pop(0)
    if not frame.looked:
      frame.reason = _reason_near(past, waiting)
    # All but the picture, which is large.
    past.append(dataclasses.replace(frame, shown=None))
    yield frame


def _reason_near(past, waiting: list[Frame]) -> str:
  """Of a picture that nobody looked at: what the looks around it say."""
  before = past[-1].reason if past else ''
  after = next((frame.reason for frame in waiting if frame.looked), '')
  return before or after
