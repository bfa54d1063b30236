"""Gradients that pasting a face adds to a picture, by way of pasting."""

import cv2
import numpy as np

from input_pipeline import tracks
from lipsync_jax.inference import paste

# How far inside the border a line is looked for, in parts of the side.
_TOP, _ELSE = 0.6, 0.25

WAYS = ('hard rectangle', 'soft mask', 'soft mask, colour matched')


def seams(
  frame: np.ndarray,
  made: np.ndarray,
  box: tracks.CropBox,
  *,
  original: np.ndarray,
) -> dict[str, tuple[float, float]]:
  """(border, steepest) by way of pasting, less the original picture's.

  Args:
    frame: uint8 RGB [h, w, 3].
    made: uint8 RGB [s, s, 3].
    box: where it belongs.
    original: uint8 RGB [s, s, 3], the crop that `made` replaces.
  """
  results = (
    overwrite(frame, made, box),
    paste.paste(frame, made, box),
    paste.paste(frame, made, box, original=original),
  )
  before = lines(frame, box)
  found = {}
  for way, result in zip(WAYS, results, strict=True):
    added = [a - b for a, b in zip(lines(result, box), before, strict=True)]
    found[way] = (
      float(np.mean([side[0] for side in added])),
      float(np.mean([side.max() for side in added])),
    )
  return found


def overwrite(
  frame: np.ndarray, made: np.ndarray, box: tracks.CropBox
) -> np.ndarray:
  """The reference's way: a rectangle of whole pixels, resized bilinearly."""
  left, top, right, bottom = _pixels(box)
  inside = cv2.resize(made, (right - left, bottom - top))
  height, width = frame.shape[:2]
  result = frame.copy()
  result[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = inside[
    max(-top, 0) : height - top, max(-left, 0) : width - left
  ]
  return result


def lines(picture: np.ndarray, box: tracks.CropBox) -> list[np.ndarray]:
  """Mean difference across lines parallel to each side of the box.

  Returns:
    For left, right, top and bottom the lines from the border inwards, [k]
    float in levels; sides outside the picture are left out.
  """
  left, top, right, bottom = _pixels(box)
  height, width = picture.shape[:2]
  rows = slice(max(top, 0), min(bottom, height))
  columns = slice(max(left, 0), min(right, width))
  across, down = (
    # Entry k is between pixels k - 1 and k.
    np.abs(np.diff(part.astype(np.float32), axis=axis, prepend=0)).mean(
      axis=(1 - axis, 2)
    )
    for part, axis in ((picture[rows], 1), (picture[:, columns], 0))
  )
  side = right - left
  short, long = (max(1, round(part * side)) for part in (_ELSE, _TOP))
  found = []
  if 0 < left < width - short:
    found.append(across[left : left + short])
  if short < right < width:
    found.append(across[right - short + 1 : right + 1][::-1])
  if 0 < top < height - long:
    found.append(down[top : top + long])
  if short < bottom < height:
    found.append(down[bottom - short + 1 : bottom + 1][::-1])
  if not found:
    raise ValueError('The whole border of the box lies outside the picture.')
  return found


def _pixels(box: tracks.CropBox) -> tuple[int, int, int, int]:
  """left, top, right, bottom, rounded; a square all the same."""
  side = round(box.side)
  left, top = round(box.cx - box.side / 2), round(box.cy - box.side / 2)
  return left, top, left + side, top + side
