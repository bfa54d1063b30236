"""One face through time: looking, choosing and smoothing, as a stream."""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from input_pipeline import detections, faces, tracks

# Mean difference of 32 x 18 thumbnails, in levels: within the shots of GRID at
# most 5, at cuts to somebody else 30 and more.
_CUT = 20.0

_PATIENCE = 0.5  # seconds a lost face is waited for before another is taken

# Seconds before and after a frame that its square may depend on. Smoothing is
# the better the further it sees: `tracks` takes a median over 2 s.
_PAST = 3.0
_AHEAD = 1.5
# The pictures that wait meanwhile may take this much memory (1.5 s of 720p at
# 25 fps are 104 MB); for 4K the future seen is shorter.
_MEMORY = 2**29

_FADE = 0.12  # seconds over which an edit appears and disappears


@dataclasses.dataclass(eq=False)
class Frame:
  """A picture on its way through the engine.

  Attributes:
    index: place in the output.
    image: uint8 RGB [h, w, 3].
    shot: number of the shot, counted by cuts.
    found: the chosen face; None if there is none or nobody looked.
    box: the crop to be edited, None to leave the picture as it is.
    strength: 0..1 of the edit, for a faded transition.
  """

  index: int
  image: np.ndarray
  shot: int
  found: faces.Detection | None = None
  box: tracks.CropBox | None = None
  strength: float = 1.0


def follow(
  images: Iterable[np.ndarray],
  detector,
  *,
  fps: float,
  every: int,
) -> Iterator[Frame]:
  """Finds and follows one face; the largest, until it is gone for 0.5 s.

  Args:
    images: uint8 RGB [h, w, 3] each.
    detector: see `input_pipeline.faces`.
    fps: their rate.
    every: look at every k-th picture (all where faces come, go or jump).

  Yields:
    The pictures in order with `box` and `strength` set, 1.5 s late.
  """
  ahead = None
  past: collections.deque = collections.deque(maxlen=round(_PAST * fps))
  waiting: list[Frame] = []
  hop = max(1, round(fps / 5))  # pictures settled at a time
  for frame in _chosen(_looked(images, detector, every), fps):
    if ahead is None:
      room = _MEMORY // frame.image.nbytes
      ahead = max(hop, min(round(_AHEAD * fps), room))
    waiting.append(frame)
    if len(waiting) >= ahead + hop:
      _place(past, waiting, fps)
      yield from _release(past, waiting, hop)
  _place(past, waiting, fps)
  yield from _release(past, waiting, len(waiting))


def _looked(images, detector, every: int) -> Iterator[tuple]:
  """(picture, is the first of a shot, detections or None)."""
  images, seen = itertools.tee(images)
  before = None
  looks = detections.detect(seen, detector, every=every)
  for image, found in zip(images, looks, strict=True):
    small = cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA)
    small = small.astype(np.float32)
    cut = before is not None and np.abs(small - before).mean() > _CUT
    before = small
    yield image, cut, found


def _chosen(looked, fps: float) -> Iterator[Frame]:
  """Keeps to one face: the largest at first, then the nearest to the last."""
  last, seen, shot = None, 0, 0
  for index, (image, cut, found) in enumerate(looked):
    shot += bool(cut)
    if cut or index - seen > _PATIENCE * fps:
      last = None
    face = None
    if found:
      face = _nearest(last, found) if last else max(found, key=_size)
    if face is not None:
      last, seen = face, index
    yield Frame(index, image, shot, face)


def _nearest(last, found):
  """The face nearest to the last one, if not further than a face's height."""
  x, y = _centre(last)
  distances = [np.hypot(a - x, b - y) for a, b in map(_centre, found)]
  best = int(np.argmin(distances))
  return found[best] if distances[best] < _size(last) else None


def _size(face) -> float:
  return face.size


def _centre(face) -> tuple[float, float]:
  x0, y0, x1, y1 = face.box
  return (x0 + x1) / 2, (y0 + y1) / 2


def _place(past, waiting: list[Frame], fps: float) -> None:
  """Sets the squares and strengths of all waiting pictures, as known now."""
  known = [face for face, *_ in past] + [frame.found for frame in waiting]
  boxes = tracks.smooth_track(known, fps=fps)
  shots = [shot for _, shot, _ in past] + [frame.shot for frame in waiting]
  # What was edited stays so: the past is not rewritten.
  has_box = [edited for *_, edited in past]
  has_box += [box is not None for box in boxes[len(past) :]]
  strengths = _strengths(has_box, shots, max(1, round(_FADE * fps)))
  for k, frame in enumerate(waiting, start=len(past)):
    frame.box, frame.strength = boxes[k], strengths[k]


def _release(past, waiting: list[Frame], count: int) -> Iterator[Frame]:
  for _ in range(count):
    frame = waiting.pop(0)
    past.append((frame.found, frame.shot, frame.box is not None))
    yield frame


def _strengths(has_box: list[bool], shots: list[int], ramp: int) -> list[float]:
  """Rises to 1 over `ramp` frames beside ones without a face in the shot."""
  distance = [ramp + 1] * len(shots)
  indices = range(len(shots))
  for order in (indices, reversed(indices)):
    shot, since = None, ramp + 1
    for k in order:
      if shots[k] != shot:  # at a cut, hard; also where the video begins
        shot, since = shots[k], ramp + 1
      since = since + 1 if has_box[k] else 0
      distance[k] = min(distance[k], since)
  return [min(1.0, d / (ramp + 1)) for d in distance]
