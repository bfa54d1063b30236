"""Which face, in which frame: sparse detection and the choice of one track."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from input_pipeline import faces, tracks

_SAME_FACE = 0.3  # intersection over union


def detect(
  frames: Iterable[np.ndarray], detector: faces.Detector, *, every: int = 1
) -> Iterator[list[faces.Detection] | None]:
  """Detects in every k-th frame, and in all where something changes.

  Between two looks that disagree (a face comes, goes or jumps) the frames in
  between are looked at too, so that cuts are found to the frame.

  Args:
    frames: [h, w, 3] uint8 RGB each; at most `every` are held.
    detector: see `faces.make_detector`.
    every: 1 looks at each frame.

  Yields:
    For each frame the faces found, or None where nobody looked.
  """
  waiting, before = [], None
  for k, frame in enumerate(frames):
    if k % every:
      waiting.append(frame)
      continue
    now = detector(frame)
    changed = before is not None and _changed(before, now)
    yield from (detector(f) if changed else None for f in waiting)
    yield now
    waiting, before = [], now
  # After the last look: nobody knows, so look.
  yield from (detector(f) for f in waiting)


def choose_face(
  found: Sequence[list[faces.Detection] | None],
) -> list[faces.Detection | None]:
  """One face per video: of all tracks the one that is largest for longest.

  A track continues with the detection that overlaps its last box most, however
  long ago that was.
  """
  tracks = []
  for k, detections in enumerate(found):
    free = list(tracks)
    for detection in detections or ():
      overlap, track = max(
        ((_overlap(t[-1][1].box, detection.box), t) for t in free),
        key=lambda pair: pair[0],
        default=(0.0, None),
      )
      if overlap < _SAME_FACE:
        tracks.append([(k, detection)])
      else:
        track.append((k, detection))
        free = [t for t in free if t is not track]
  chosen: list[faces.Detection | None] = [None] * len(found)
  if tracks:
    best = max(tracks, key=lambda t: sum(d.size for _, d in t))
    for k, detection in best:
      chosen[k] = detection
  return chosen


def _changed(a: list[faces.Detection], b: list[faces.Detection]) -> bool:
  if len(a) != len(b):
    return True
  return bool(a) and tracks.jumped(a[0], b[0])


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
  """Intersection over union of two boxes."""
  width = min(a[2], b[2]) - max(a[0], b[0])
  height = min(a[3], b[3]) - max(a[1], b[1])
  shared = max(width, 0.0) * max(height, 0.0)
  areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)]
  return shared / (sum(areas) - shared) if shared else 0.0
