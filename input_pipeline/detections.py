"""Which face, in which frame: sparse detection and the choice of one track."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from input_pipeline import faces, tracks

_SAME_FACE = 0.3  # intersection over union
_HELD = 2**28  # bytes of frames that wait for a batch to be full


def detect(
  frames: Iterable[np.ndarray], detector: faces.Detector, *, every: int = 1
) -> Iterator[list[faces.Detection] | None]:
  """Detects in every k-th frame, and in all where something changes.

  Between two looks that disagree (a face comes, goes or jumps) the frames in
  between are looked at too, so that cuts are found to the frame.

  Args:
    frames: [h, w, 3] uint8 RGB each, of one size; at most `every` are held, or
      `every` times the batch of a `faces.BatchDetector` (256 MB at most).
    detector: see `faces.make_detector`.
    every: 1 looks at each frame.

  Yields:
    For each frame the faces found, or None where nobody looked.
  """
  # Steps: the frames passed over, and the one to look at after them.
  steps, passed, before = [], [], None
  for k, frame in enumerate(frames):
    if k % every:
      passed.append(frame)
      continue
    steps.append((passed, frame))
    passed = []
    if len(steps) >= _looks_at_once(detector, frame, every):
      before = yield from _settled(steps, before, detector)
      steps = []
  yield from _settled(steps, before, detector)
  # After the last look: nobody knows, so look.
  yield from _look(passed, detector)


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


def _looks_at_once(detector: faces.Detector, frame, every: int) -> int:
  """How many steps to collect before the detector is run."""
  if not hasattr(detector, 'detect_batch'):
    return 1
  room = _HELD // (every * frame.nbytes)
  return max(1, min(detector.batch_size, room))


def _settled(steps, before, detector: faces.Detector):
  """Yields what is known of the steps' frames; returns the last look."""
  found = _look([frame for _, frame in steps], detector)
  looks = [before, *found]
  unsure = [
    passed if last is not None and _changed(last, now) else []
    for (passed, _), last, now in zip(steps, looks, found, strict=False)
  ]
  again = iter(_look([frame for part in unsure for frame in part], detector))
  for (passed, _), part, now in zip(steps, unsure, found, strict=True):
    yield from (next(again) if part else None for _ in passed)
    yield now
  return looks[-1]


def _look(
  frames: Sequence[np.ndarray], detector: faces.Detector
) -> list[list[faces.Detection]]:
  """In a batch if the detector takes one."""
  if frames and hasattr(detector, 'detect_batch'):
    return detector.detect_batch(frames)
  return [detector(frame) for frame in frames]


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
