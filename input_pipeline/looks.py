"""Faces that a detector finds, and how each of them looks."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from input_pipeline import faces

_BINS = (12, 8)  # hue and saturation
_AROUND = 0.35  # of the box on either side: hair and collar tell people apart


@dataclasses.dataclass(frozen=True, eq=False)
class Look(faces.Detection):
  """A detection, and how its face looks.

  Attributes:
    appearance: [96] float32, the shares of hues and saturations in and around
      the box; sums to 1.
  """

  appearance: np.ndarray | None = None


class Looker:
  """A detector that is given `media.Picture`s and describes what it finds."""

  def __init__(self, detector: faces.Detector):
    self.name = detector.name
    self._detector = detector
    if hasattr(detector, 'detect_batch'):
      self.batch_size = detector.batch_size
      self.detect_batch = self._detect_batch

  def __call__(self, picture) -> list[Look]:
    image, scale = picture.small(faces.MAX_SIDE)
    return [_look(image, d, scale) for d in self._detector(image)]

  def _detect_batch(self, pictures: Sequence) -> list[list[Look]]:
    small = [picture.small(faces.MAX_SIDE) for picture in pictures]
    found = self._detector.detect_batch([image for image, _ in small])
    return [
      [_look(image, d, scale) for d in detections]
      for (image, scale), detections in zip(small, found, strict=True)
    ]


def likeness(a: Look, b: Look) -> float:
  """0..1: overlap of the two appearances; 1 where one is unknown."""
  if a.appearance is None or b.appearance is None:
    return 1.0
  return float(np.minimum(a.appearance, b.appearance).sum())


def _look(image: np.ndarray, found: faces.Detection, scale: float) -> Look:
  """In the pixels of the whole picture, with its appearance."""
  landmarks = found.landmarks
  return Look(
    box=tuple(scale * v for v in found.box),
    score=found.score,
    landmarks=None if landmarks is None else landmarks * scale,
    ends_at_chin=found.ends_at_chin,
    appearance=_appearance(image, found.box),
  )


def _appearance(
  image: np.ndarray, box: tuple[float, float, float, float]
) -> np.ndarray | None:
  x0, y0, x1, y1 = box
  more = _AROUND * (x1 - x0), _AROUND * (y1 - y0)
  left, top = max(0, int(x0 - more[0])), max(0, int(y0 - more[1]))
  part = image[top : int(y1 + more[1]) + 1, left : int(x1 + more[0]) + 1]
  if not part.size:
    return None
  part = cv2.resize(part, (32, 32), interpolation=cv2.INTER_AREA)
  hsv = cv2.cvtColor(part, cv2.COLOR_RGB2HSV)
  counts = cv2.calcHist([hsv], [0, 1], None, _BINS, [0, 180, 0, 256])
  return (counts / counts.sum()).ravel().astype(np.float32)
