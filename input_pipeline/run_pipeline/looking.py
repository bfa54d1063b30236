"""Faces of every frame, as run_pipeline.py looks for them."""

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np

from input_pipeline import faces
from input_pipeline.run_pipeline import rules as rules_lib
from input_pipeline.run_pipeline import tracks

# Of S3FD: faces it is so sure of, and of those that share more than this part
# the surest.
_SURE, _OVERLAP = 0.9, 0.1


def look(
  images: Iterable[np.ndarray],
  detector: faces.Detector,
  *,
  rules: rules_lib.Rules | None = None,
) -> Iterator[list[tracks.Box]]:
  """Faces of every frame.

  Args:
    images: [h, w, 3] uint8 RGB each, of one size; a batch of them is held.
    detector: S3FD, a `faces.BatchDetector`, looks at frames made smaller and
      its boxes are chosen as the original does; others do it their way.
    rules: see `Rules`.

  Yields:
    Boxes, surest first.
  """
  rules = rules or rules_lib.Rules()
  original = detector.name == 's3fd'
  count = detector.batch_size if original else 1
  batch: list[np.ndarray] = []
  for image in images:
    batch.append(image)
    if len(batch) == count:
      yield from _look(batch, detector, original, rules.scale)
      batch = []
  yield from _look(batch, detector, original, rules.scale)


def _look(
  batch: Sequence[np.ndarray], detector, original: bool, scale: float
) -> list[list[tracks.Box]]:
  if not original:
    return [[face.box for face in detector(image)] for image in batch]
  if not batch:
    return []
  small = [
    cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    for image in batch
  ]
  # The smaller one's sides are whole pixels, so the factors are not 1 / scale.
  back = np.divide(batch[0].shape[1::-1], small[0].shape[1::-1])
  return [
    _chosen([face for face in seen if face.score > _SURE], np.tile(back, 2))
    for seen in detector.detect_batch(small)
  ]


def _chosen(
  seen: Sequence[faces.Detection], back: np.ndarray
) -> list[tracks.Box]:
  """Boxes in the frame's pixels, each with none that is surer over it."""
  kept: list[tracks.Box] = []
  for face in sorted(seen, key=lambda face: -face.score):
    box = tuple((np.array(face.box) * back).tolist())
    if all(tracks.overlap(box, other) <= _OVERLAP for other in kept):
      kept.append(box)
  return kept
