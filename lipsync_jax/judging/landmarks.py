"""Landmarks of mouths by dlib, for LMD; the only file that knows dlib.

An extra, `landmarks`: dlib's wheels, and face_recognition_models, whose files
include shape_predictor_68_face_landmarks.dat (Kazemi & Sullivan, 2014). That
model learnt from iBUG 300-W, whose licence excludes commercial use.

Its points tremble: on two clips of GRID (360 x 288) a JPEG of quality 60 moves
them by an LMD of 0.4 pixels, where frames 0.4 s apart lie 1.1 and 1.4 apart.
"""

import importlib.util
import os
import pathlib
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

_MODEL = 'shape_predictor_68_face_landmarks.dat'
_INSTALL = "pip install -e '.[landmarks]'"
_MOUTH = range(48, 68)
# Faces are looked for in a copy with this long side, and if there is none in
# one twice as large: dlib's detector wants 80 pixels. Of 360 x 288 it takes
# 0.04 s, and 0.15 s.
_SEARCHED = 480


class Finder:
  """dlib's 68 points, those of the mouth; of the largest face.

  Call it with frames [n, h, w, 3] uint8 RGB, whole or face squares, for
  [n, 20, 2] float64: x and y in pixels of the frame, nan where no face is
  found. Points are whole pixels of the frame or, if that is smaller, of a copy
  480 pixels long, so that those of face squares are finer than a pixel. Every
  frame is looked at by itself.

  Args:
    model: another shape predictor of 68 points; by default the one of
      face_recognition_models.

  Raises:
    ValueError: dlib or the model is missing, or is no shape predictor.
  """

  def __init__(self, model: str | os.PathLike | None = None):
    try:
      import dlib
    except ImportError as error:
      raise ValueError(f'Landmarks need dlib: {_INSTALL}.') from error
    path = pathlib.Path(model) if model else _packaged()
    if not path.is_file():
      raise ValueError(f'There is no file {path}.')
    try:
      self._predict = dlib.shape_predictor(str(path))
    except RuntimeError as error:
      raise ValueError(f'{path} is no shape predictor: {error}') from error
    self._detect = dlib.get_frontal_face_detector()
    self._box = dlib.rectangle

  def __call__(
    self, frames: UInt8[np.ndarray, 'n h w 3']
  ) -> Float[np.ndarray, 'n 20 2']:
    """The mouths' landmarks, see the class."""
    found = [self._mouth(frame) for frame in frames]
    return np.reshape(np.array(found, np.float64), (len(frames), 20, 2))

  def _mouth(self, frame: np.ndarray) -> np.ndarray:
    # ATVGnet's evaluation looks at grey pictures too.
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    finest = _enlarged(grey, max(_SEARCHED, *grey.shape))
    box = self._largest_face(_enlarged(grey, _SEARCHED))
    if box is None:
      return np.full((len(_MOUTH), 2), np.nan)
    scale = max(finest.shape) / _SEARCHED
    edges = [
      round(scale * edge)
      for edge in (box.left(), box.top(), box.right(), box.bottom())
    ]
    points = self._predict(finest, self._box(*edges))
    pixels = [(points.part(i).x, points.part(i).y) for i in _MOUTH]
    # From centres of the copy's pixels to those of the frame's.
    ratio = np.divide(grey.shape[::-1], finest.shape[::-1])
    return (np.array(pixels) + 0.5) * ratio - 0.5

  def _largest_face(self, grey: np.ndarray) -> Any:
    for doublings in (0, 1):
      if boxes := self._detect(grey, doublings):
        return max(boxes, key=lambda box: box.area())
    return None


def _enlarged(grey: np.ndarray, long_side: int) -> np.ndarray:
  """A copy with another long side; reduced by areas, enlarged by cubics."""
  scale = long_side / max(grey.shape)
  size = [max(1, round(scale * side)) for side in grey.shape[::-1]]
  how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
  return cv2.resize(grey, size, interpolation=how)


def _packaged() -> pathlib.Path:
  # Not imported: its __init__ needs pkg_resources, which setuptools dropped.
  spec = importlib.util.find_spec('face_recognition_models')
  if spec is None or spec.origin is None:
    raise ValueError(
      f'Landmarks need face_recognition_models: {_INSTALL}; or give {_MODEL}.'
    )
  return pathlib.Path(spec.origin).parent / 'models' / _MODEL
