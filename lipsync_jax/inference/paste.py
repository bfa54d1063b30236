"""Puts a generated face back into the picture without a visible seam."""

import functools
from typing import NamedTuple

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


class Patch(NamedTuple):
  """What is laid over a part of a picture.

  Attributes:
    region: x0, y0, x1, y1 of the part, inside the picture.
    colours: [y1 - y0, x1 - x0, 3] float32 RGB, 0..255 and a little beyond.
    alpha: [y1 - y0, x1 - x0] float32 0..1, how much of them shows.
  """

  region: tuple[int, int, int, int]
  colours: np.ndarray
  alpha: np.ndarray


def patch(
  size: tuple[int, int],
  generated: np.ndarray,
  box: tracks.CropBox,
  *,
  original: np.ndarray | None = None,
  strength: float = 1.0,
) -> Patch | None:
  """The mouth and jaw of a generated crop, ready to be laid over its picture.

  Args:
    size: width and height of the picture.
    generated: uint8 RGB [s, s, 3], in place of `tracks.crop(frame, box, s)`, or
      of a finer one.
    box: where the crop was taken from.
    original: [r, r, 3] that crop; if given, the colour is matched at the seam.
    strength: 0..1, multiplies the mask.

  Returns:
    None if nothing of it is inside the picture.
  """
  left, top, right, bottom = region = _region(size, box)
  if right <= left or bottom <= top:
    return None
  face = generated.astype(np.float32)
  if original is not None:
    face += colour_shift(generated, original)
  side = min(len(face), int(np.ceil(box.side)))
  if side < len(face):  # averaged first: shrinking by sampling would alias
    face = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
  affine = tracks.box_to_affine(box, side)
  affine[:, 2] += affine[:, :2] @ (left, top)
  warp = functools.partial(
    cv2.warpAffine, M=affine, dsize=(right - left, bottom - top)
  )
  inverse = cv2.WARP_INVERSE_MAP  # the matrix leads from frame to crop
  colours = warp(
    face, flags=cv2.INTER_CUBIC | inverse, borderMode=cv2.BORDER_REPLICATE
  )
  alpha = warp(soft_mask(side), flags=cv2.INTER_LINEAR | inverse)
  return Patch(region, colours, strength * alpha)


def paste(
  frame: np.ndarray,
  generated: np.ndarray,
  box: tracks.CropBox,
  *,
  original: np.ndarray | None = None,
  strength: float = 1.0,
) -> np.ndarray:
  """Blends the lower half of a generated crop into an RGB picture.

  Args:
    frame: uint8 RGB [h, w, 3].
    generated, box, original, strength: see `patch`.

  Returns:
    A new uint8 picture [h, w, 3], equal to `frame` outside the lower half of
    the box.
  """
  result = frame.copy()
  found = patch(
    frame.shape[1::-1], generated, box, original=original, strength=strength
  )
  if found is not None:
    left, top, right, bottom = found.region
    target = result[top:bottom, left:right]
    blended = target + found.alpha[..., None] * (found.colours - target)
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
  which is meant to differ. Either crop may be the finer one.
  """
  if len(generated) != len(original):
    side = len(original), len(original)
    generated = cv2.resize(generated, side, interpolation=cv2.INTER_AREA)
  mask = soft_mask(len(original))
  seam = mask * (1 - mask)
  difference = original.astype(np.float32) - generated
  shift = np.tensordot(seam, difference, 2) / seam.sum()
  return shift.clip(-_MAX_SHIFT, _MAX_SHIFT)


def _step(at: np.ndarray, low: float, high: float) -> np.ndarray:
  """0 below `low`, 1 above `high`, smooth between."""
  t = ((at - low) / (high - low)).clip(0, 1)
  return t * t * (3 - 2 * t)


def _region(
  size: tuple[int, int], box: tracks.CropBox
) -> tuple[int, int, int, int]:
  """x0, y0, x1, y1 of what the mask can reach of a picture."""
  width, height = size
  half = box.side / 2
  return (
    _inside(box.cx - half - 1, width),
    _inside(box.cy + (_TOP[0] - 0.5) * box.side - 1, height),
    _inside(box.cx + half + 1, width),
    _inside(box.cy + half + 1, height),
  )


def _inside(value: float, length: int) -> int:
  return min(max(round(value), 0), length)
