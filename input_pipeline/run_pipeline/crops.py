"""The squares around a track's face."""

from collections.abc import Sequence

import cv2
import numpy as np
import scipy.signal

_SMOOTHED = 13  # frames: kernel of medfilt over places and sizes
_PADDING = 110  # grey level beyond the frame
_SIZE = 224  # pixels of a crop


def squares(boxes: np.ndarray) -> np.ndarray:
  """Where the crops are: [n, 3] of centre x, centre y, half the face's side.

  A median of 13 frames of each; zeros follow at both ends, so that the first
  and last six values are too low where they change.

  Args:
    boxes: [n, 4] of a `Track`.
  """
  low, high = boxes[:, :2], boxes[:, 2:]
  half = (high - low).max(axis=1, keepdims=True) / 2
  values = np.concatenate([(low + high) / 2, half], axis=1)
  padded = np.pad(values, ((_SMOOTHED // 2,) * 2, (0, 0)))
  smoothed = scipy.signal.medfilt(padded, (_SMOOTHED, 1))
  return smoothed[_SMOOTHED // 2 : len(padded) - _SMOOTHED // 2]


def crop(
  image: np.ndarray, square: Sequence[float], *, crop_scale: float
) -> np.ndarray:
  """One face, from s (1 + crop_scale) about it, lower by s crop_scale.

  Args:
    image: [h, w, 3] uint8.
    square: x, y, s from `squares`.
    crop_scale: the square's side is 2 s (1 + crop_scale).

  Returns:
    [224, 224, 3] uint8; grey of level 110 beyond the frame, which reaches
    s (1 + 2 crop_scale) on every side.

  Raises:
    ValueError: the square lies outside of that.
  """
  x, y, half = square
  margin = int(half * (1 + 2 * crop_scale))
  y, x = y + margin, x + margin
  bottom, side = half * (1 + 2 * crop_scale), half * (1 + crop_scale)
  height, width = (length + 2 * margin for length in image.shape[:2])
  top, low = (min(max(int(v), 0), height) for v in (y - half, y + bottom))
  left, right = (min(max(int(v), 0), width) for v in (x - side, x + side))
  if low <= top or right <= left:
    raise ValueError(f'A face at {x:.0f}, {y:.0f} is outside of the frame.')
  face = np.full((low - top, right - left, 3), _PADDING, np.uint8)
  rows = slice(max(top - margin, 0), max(low - margin, 0))
  columns = slice(max(left - margin, 0), max(right - margin, 0))
  seen = image[rows, columns]
  down, along = max(margin - top, 0), max(margin - left, 0)
  face[down : down + len(seen), along : along + seen.shape[1]] = seen
  return cv2.resize(face, (_SIZE, _SIZE))
