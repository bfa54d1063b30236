"""Which faces, in which frame, without looking at every frame."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from input_pipeline import faces, tracks

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
  """Whether a face came, went or jumped, in whatever order they are."""
  return len(a) != len(b) or any(
    all(tracks.jumped(one, other) for one in a) for other in b
  )
