"""Face detectors behind one small protocol.

YuNet (W. Wu et al., "YuNet: a tiny millisecond-level face detector", 2023)
finds boxes and five landmarks, but its 230 kB model must be given or downloaded
once. The Haar cascade inside the OpenCV wheel needs nothing: everything works
with it, less steadily.
"""

import dataclasses
import os
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from input_pipeline import yunet_model

# Detectors look at a copy whose long side is at most this: a talking face is
# large, and time grows with the area.
MAX_SIDE = 640

_ASPECT = 1.40  # height by width of YuNet's boxes, mean of 18 GRID speakers


@dataclasses.dataclass(frozen=True, eq=False)
class Detection:
  """One face in one frame, in pixels of that frame (edges at integers).

  Attributes:
    box: x0, y0, x1, y1 of the tight face: mid-forehead to just below the chin,
      temple to temple. May reach beyond the frame.
    score: 0..1; comparable between faces of one detector only.
    landmarks: [5, 2] float32 x, y of the right eye, left eye, nose tip, right
      and left mouth corner (the person's right, the viewer's left); or None.
    ends_at_chin: the box's lower edge goes down when the mouth opens, and there
      are no landmarks to take the place from instead.
  """

  box: tuple[float, float, float, float]
  score: float
  landmarks: np.ndarray | None = None
  ends_at_chin: bool = False

  @property
  def size(self) -> float:
    """Face height in pixels, from both sides: only one of them sees the jaw."""
    x0, y0, x1, y1 = self.box
    return float(np.sqrt(_ASPECT * (x1 - x0) * (y1 - y0)))


class Detector(Protocol):
  """Finds faces in one frame."""

  name: str

  def __call__(self, frame: np.ndarray) -> list[Detection]:
    """[h, w, 3] uint8 RGB -> the faces, best first."""


class BatchDetector(Detector, Protocol):
  """Finds faces in many frames at once; `detections` looks with batches then.

  Attributes:
    batch_size: how many frames it likes to be given.
    fingerprint: names the weights and settings that its answers depend on.
  """

  batch_size: int
  fingerprint: str

  def detect_batch(self, frames: Sequence[np.ndarray]) -> list[list[Detection]]:
    """Of each frame what `__call__` finds; frames are of one size."""


def make_detector(
  name: str = 'auto', *, model_path: str | os.PathLike | None = None
) -> Detector:
  """A detector by name.

  Args:
    name: 'yunet', 'cascade', or 'auto': YuNet where its model is found, else
      the cascade.
    model_path: the YuNet model; without it $LIPSYNC_JAX_YUNET and then the
      cache folder (`yunet_model.cached`) are tried. Nothing is downloaded.

  Raises:
    ValueError: unknown name, or the model is not the known file.
    FileNotFoundError: YuNet, or a model path, was asked for and is not there.
  """
  if name not in ('auto', 'yunet', 'cascade'):
    raise ValueError(f'Unknown detector {name!r}: auto, yunet or cascade.')
  path = None if name == 'cascade' else yunet_model.find(model_path)
  if name == 'yunet' and path is None:
    raise FileNotFoundError(
      'The YuNet model was not found. Give its path, set '
      f'${yunet_model.VARIABLE}, download it once (--download-detector), or '
      'use --detector cascade.'
    )
  return YuNet(path) if path else Cascade()


class YuNet:
  """YuNet through OpenCV, from a checked model file."""

  name = 'yunet'

  def __init__(self, model_path: str | os.PathLike):
    yunet_model.check(model_path)
    self.model_path = model_path
    # 0.6, 0.3: score and overlap threshold of OpenCV's sample. 320 x 320 is
    # replaced by every frame's size.
    self._net = cv2.FaceDetectorYN.create(
      os.fspath(model_path), '', (320, 320), 0.6, 0.3
    )

  def __call__(self, frame: np.ndarray) -> list[Detection]:
    small, scale = shrink(frame)
    self._net.setInputSize(small.shape[1::-1])
    _, found = self._net.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    detections = []
    for row in () if found is None else found:
      x, y, w, h = (row[:4] * scale).tolist()
      landmarks = row[4:14].reshape(5, 2) * scale
      box = (x, y, x + w, y + h)
      detections.append(Detection(box, float(row[14]), landmarks))
    return sorted(detections, key=lambda d: -d.score)


class Cascade:
  """The frontal-face Haar cascade bundled in the OpenCV wheel."""

  name = 'cascade'

  # Its squares, brought to YuNet's boxes: centre lower by 0.019, width 0.78 and
  # height 1.095 of the square's side. Means over 350 frames of 18 speakers of
  # the GRID corpus; standard deviations 0.018, 0.041 and 0.071.
  _LOWER, _WIDTH, _HEIGHT = 0.019, 0.78, 1.095
  # A face smaller than this part of the long side is not searched for.
  _MIN_FACE = 1 / 10

  def __init__(self):
    path = os.path.join(
      cv2.data.haarcascades, 'haarcascade_frontalface_alt2.xml'
    )
    self._cascade = cv2.CascadeClassifier(path)

  def __call__(self, frame: np.ndarray) -> list[Detection]:
    small, scale = shrink(frame)
    smallest = max(24, round(self._MIN_FACE * max(small.shape)))
    squares, counts = self._cascade.detectMultiScale2(
      cv2.cvtColor(small, cv2.COLOR_RGB2GRAY),
      scaleFactor=1.1,
      minNeighbors=3,
      minSize=(smallest, smallest),
    )
    detections = []
    for square, count in zip(squares, np.ravel(counts), strict=True):
      x, y, side, _ = (square * scale).tolist()
      cx, cy = x + side / 2, y + side * (0.5 + self._LOWER)
      dx, dy = side * self._WIDTH / 2, side * self._HEIGHT / 2
      # How many neighbouring windows agreed, as 0..1: 3 are 0.23, 30 are 0.75.
      score = float(count / (count + 10))
      detections.append(Detection((cx - dx, cy - dy, cx + dx, cy + dy), score))
    return sorted(detections, key=lambda d: -d.score)


def shrink(
  frame: np.ndarray, max_side: int = MAX_SIDE
) -> tuple[np.ndarray, float]:
  """A copy of at most `max_side`, and the factor back to the frame's pixels."""
  height, width = frame.shape[:2]
  scale = max(height, width) / max_side
  if scale <= 1:
    return frame, 1.0
  size = max(1, round(width / scale)), max(1, round(height / scale))
  return cv2.resize(frame, size, interpolation=cv2.INTER_AREA), scale
