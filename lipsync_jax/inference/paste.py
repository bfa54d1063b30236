"""Puts a generated face back into the picture without a visible seam."""

import functools

import cv2
import numpy as np

from input_pipeline import tracks

# The mask, in parts of the crop's side. In convention 'v1' the middle of the
# mouth is at 0.61 of the height, the edge of the upper lip at 0.54, the chin at
# 0.95 (lower when open), the cheeks are at 0.1 and 0.9 of the width. Only mouth
# and jaw come from the generator: nothing above the half it was shown, little
# background, nothing at the crop's edges.
_TOP = (0.50, 0.57)
_BOTTOM = (0.94, 1.00)
_SIDES = (0.02, 0.20)

_MAX_SHIFT = 12.0  # levels of colour correction; more is no matter of colour


def paste(
  frame: np.ndarray,
  generated: np.ndarray,
  box: tracks.CropBox,
  *,
  original: np.ndarray | None = None,
  strength: float = 1.0,
) -> np.ndarray:
  """Blends the lower half of a generated crop into its picture.

  Args:
    frame: uint8 RGB [h, w, 3].
    generated: uint8 RGB [s, s, 3], in place of `tracks.crop(frame, box, s)`.
    box: where the crop was taken from.
    original: that crop; if given, the colour is matched at the seam.
    strength: 0..1, multiplies the mask.

  Returns:
    A new uint8 picture [h, w, 3], equal to `frame` outside the lower half of
    the box.
  """
  face = generated.astype(np.float32)
  if original is not None:
    face += colour_shift(generated, original)
  size = min(len(face), int(np.ceil(box.side)))
  if size < len(face):  # averaged first: shrinking by sampling would alias
    face = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
  result = frame.copy()
  rows, columns = _region(frame.shape, box)
  target = result[rows, columns]
  if not target.size:
    return result
  affine = tracks.box_to_affine(box, size)
  affine[:, 2] += affine[:, :2] @ (columns.start, rows.start)
  warp = functools.partial(
    cv2.warpAffine,
    M=affine,
    dsize=(target.shape[1], target.shape[0]),
  )
  inverse = cv2.WARP_INVERSE_MAP  # the matrix leads from frame to crop
  face = warp(
    face,
    flags=cv2.INTER_CUBIC | inverse,
    borderMode=cv2.BORDER_REPLICATE,
  )
  alpha = warp(soft_mask(size), flags=cv2.INTER_LINEAR | inverse)
  alpha = strength * alpha[..., None]
  blended = target + alpha * (face - target)
  target[:] = np.rint(blended).clip(0, 255).astype(np.uint8)
  return result


@functools.cache
def soft_mask(size: int) -> np.ndarray:
  """[size, size] float32 0..1: 1 on mouth and jaw, 0 at the crop's edges."""
  at = (np.arange(size) + 0.5) / size
  rows = _step(at, *_TOP) * (1 - _step(at, *_BOTTOM))
  columns = _step(at, *_SIDES) * _step(1 - at, *_SIDES)
  mask = np.outer(rows, columns).astype(np.float32)
  mask.flags.writeable = False
  return mask


def colour_shift(generated: np.ndarray, original: np.ndarray) -> np.ndarray:
  """[3] float32 levels to add, so that both agree on average at the seam.

  The seam is where the mask passes through 1/2; what lies inside is the mouth,
  which is meant to differ.
  """
  mask = soft_mask(len(generated))
  seam = mask * (1 - mask)
  difference = original.astype(np.float32) - generated
  shift = np.tensordot(seam, difference, 2) / seam.sum()
  return shift.clip(-_MAX_SHIFT, _MAX_SHIFT)


def _step(at: np.ndarray, low: float, high: float) -> np.ndarray:
  """0 below `low`, 1 above `high`, smooth between."""
  t = ((at - low) / (high - low)).clip(0, 1)
  return t * t * (3 - 2 * t)


def _region(shape, box: tracks.CropBox) -> tuple[slice, slice]:
  """Rows and columns of the picture that the mask can reach."""
  half = box.side / 2
  top, bottom = box.cy + (_TOP[0] - 0.5) * box.side - 1, box.cy + half + 1
  rows = slice(_inside(top, shape[0]), _inside(bottom, shape[0]))
  left, right = box.cx - half - 1, box.cx + half + 1
  return rows, slice(_inside(left, shape[1]), _inside(right, shape[1]))


def _inside(value: float, length: int) -> int:
  return min(max(round(value), 0), length)
