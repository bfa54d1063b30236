"""Boxes of faces joined to tracks."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from input_pipeline.run_pipeline import rules as rules_lib

Box = tuple[float, float, float, float]

_SAME_FACE = 0.5  # intersection over union with the last box of a track


@dataclasses.dataclass(frozen=True, eq=False)
class Track:
  """One face through one shot.

  Attributes:
    first: number of its first frame.
    boxes: [n, 4] float64 of every frame from there on; between detections on a
      straight line.
  """

  first: int
  boxes: np.ndarray

  @property
  def last(self) -> int:
    return self.first + len(self.boxes) - 1


def find_tracks(
  found: Sequence[Sequence[Box]],
  cuts: Sequence[int] = (),
  *,
  rules: rules_lib.Rules | None = None,
) -> list[Track]:
  """Joins the faces of a video, shot by shot, greedily.

  A track begins with the first face that is left in the earliest frame, and
  takes from every frame after it the first face that lies over its last box.

  Args:
    found: boxes of every frame, surest first.
    cuts: first frame of every shot but the first, ascending.
    rules: see `Rules`.

  Returns:
    Tracks that are long and large enough, in order of their shots.
  """
  rules = rules or rules_lib.Rules()
  bounds = [0, *cuts, len(found)]
  tracks = []
  for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
    if end - begin < rules.min_track:
      continue
    left = [list(boxes) for boxes in found[begin:end]]
    while any(left):
      numbers, boxes = _take_track(left, rules.max_gap)
      if len(numbers) <= rules.min_track:
        continue
      track = Track(begin + numbers[0], _filled(numbers, boxes))
      sides = (track.boxes[:, 2:] - track.boxes[:, :2]).mean(axis=0)
      if sides.max() > rules.min_face:
        tracks.append(track)
  return tracks


def overlap(a: Box, b: Box) -> float:
  """Intersection over union."""
  width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
  height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
  areas = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b))
  return width * height / (areas - width * height)


def _take_track(
  left: list[list[Box]], max_gap: int
) -> tuple[list[int], list[Box]]:
  """Takes the next track out of the boxes that are left."""
  numbers: list[int] = []
  boxes: list[Box] = []
  for number, seen in enumerate(left):
    if numbers and number - numbers[-1] > max_gap:
      break
    for k, box in enumerate(seen):
      if not boxes or overlap(box, boxes[-1]) > _SAME_FACE:
        numbers.append(number)
        boxes.append(seen.pop(k))
        break
  return numbers, boxes


def _filled(numbers: Sequence[int], boxes: Sequence[Box]) -> np.ndarray:
  every = np.arange(numbers[0], numbers[-1] + 1)
  sides = np.array(boxes, np.float64).T
  return np.stack([np.interp(every, numbers, side) for side in sides], axis=1)
