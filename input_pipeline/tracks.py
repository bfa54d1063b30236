"""From face detections to a steady square around one face.

The square must not follow the jaw. A face box grows downwards when the mouth
opens, so cropping to it would write the mouth's shape into the scale and place
of the picture, where a network reads it although the mouth is masked. Hence the
place comes from eyes and nose, and the size from a median over two seconds.
"""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
import scipy.ndimage

from input_pipeline import faces

# Name of the convention below; stored with the data and in checkpoints. With it
# the mouth's centre is at 0.61 of the height (eyes 0.14, nose tip 0.42, chin of
# a closed mouth 0.95), about where the original's boxes have it. Every pixel
# spent on hair and background is one less for the lips: a quarter-width expert
# of 48 pixels, half way through a short training, found 27 % of offsets from 5
# frames where squares a third wider gave it 22 %.
FACE_CROP = 'v1'

# In units of the face's height, means over YuNet boxes of 18 GRID speakers:
# eyes at 0.385 of the box, nose tip 0.591, mouth 0.739.
_ANCHOR = (0.385 + 0.591) / 2  # eyes and nose do not move with the jaw
_MOUTH = 0.739
_SIDE = 0.76  # 0.30 face heights below the mouth; the box ends at 0.26
_MOUTH_AT = 0.61  # of the square's height

_MAX_GAP = 0.5  # seconds filled by interpolation
_SIZE_MEDIAN = 2.0  # seconds; longer than a syllable or a phrase's opening
_SIZE_SMOOTH = 0.4  # seconds, standard deviation
# Seconds, standard deviation. The cascade's boxes jump in steps of its search
# grid, landmarks do not.
_CENTRE_SMOOTH = 0.1
_CENTRE_SMOOTH_BOX = 0.3
# A move by this part of the face between neighbouring detections is a cut.
_JUMP = 0.3


@dataclasses.dataclass
class CropBox:
  """A square in source pixels (edges at integers): centre and side."""

  cx: float
  cy: float
  side: float


def smooth_track(
  detections: Sequence[faces.Detection | None], *, fps: float = 25.0
) -> list[CropBox | None]:
  """A steady crop for every frame that has a usable face.

  Gaps of at most 0.5 s are filled by interpolation. Smoothing is centred: no
  lag. Cuts are not smoothed over.

  Args:
    detections: one per frame; None where there is no face or nobody looked.
    fps: frames per second of the list.

  Returns:
    One square per frame; None where no face is near in time.
  """
  boxes: list[CropBox | None] = [None] * len(detections)
  for shot in _shots(detections, max_gap=_MAX_GAP * fps):
    known = [detections[k] for k in shot]
    places = np.array([_place(d) for d in known])
    frames = np.arange(shot[0], shot[-1] + 1)
    x, y, size = (np.interp(frames, shot, column) for column in places.T)
    has_landmarks = all(d.landmarks is not None for d in known)
    sigma = (_CENTRE_SMOOTH if has_landmarks else _CENTRE_SMOOTH_BOX) * fps
    window = 2 * round(_SIZE_MEDIAN * fps / 2) + 1
    size = scipy.ndimage.median_filter(size, window, mode='reflect')
    size = _smooth(size, _SIZE_SMOOTH * fps)
    if known[0].ends_at_chin:
      # From the forehead down: the middle of the box would follow the jaw.
      y = np.interp(frames, shot, [d.box[1] for d in known]) + _ANCHOR * size
    x, y = _smooth(x, sigma), _smooth(y, sigma)
    side = _SIDE * size
    cy = y + (_MOUTH - _ANCHOR) * size - (_MOUTH_AT - 0.5) * side
    for k, *box in zip(frames, x, cy, side, strict=True):
      boxes[k] = CropBox(*map(float, box))
  return boxes


def jumped(a: faces.Detection, b: faces.Detection) -> bool:
  """Whether a face moved further than a head does: a cut, or another face."""
  ax, ay, size = _place(a)
  bx, by, _ = _place(b)
  return bool(np.hypot(bx - ax, by - ay) > _JUMP * size)


def box_to_affine(box: CropBox, size: int) -> np.ndarray:
  """[2, 3] float64: pixel centres of the frame -> pixel centres of the crop."""
  scale = size / box.side
  # Pixel i covers i..i+1, its centre is i + 0.5: hence the halves.
  left, top = box.cx - box.side / 2 - 0.5, box.cy - box.side / 2 - 0.5
  return np.array(
    [[scale, 0, -scale * left - 0.5], [0, scale, -scale * top - 0.5]]
  )


def crop(frame: np.ndarray, box: CropBox, size: int) -> np.ndarray:
  """Cuts the square out of [h, w, 3] uint8 and scales it to [size, size, 3].

  Places between pixels are kept exactly (no jitter from rounding); pixels
  outside the frame repeat its edge.
  """
  # Bilinear at the next multiple of the size, then averaged: no aliasing.
  factor = max(1, int(np.ceil(box.side / size)))
  picture = cv2.warpAffine(
    frame,
    box_to_affine(box, size * factor),
    (size * factor, size * factor),
    flags=cv2.INTER_LINEAR,
    borderMode=cv2.BORDER_REPLICATE,
  )
  if factor > 1:
    picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
  return picture


def crop_picture(picture, box: CropBox, size: int) -> np.ndarray:
  """`crop` of a `media.Picture`, turning only what is needed into RGB."""
  width, height = picture.size
  half = box.side / 2 + 2  # bilinear, and the edge's own
  x0, x1 = (_within(v, width) for v in (box.cx - half, box.cx + half))
  y0, y1 = (_within(v, height) for v in (box.cy - half, box.cy + half))
  if x1 - x0 < 2 or y1 - y0 < 2:  # outside: its edge is all there is
    return crop(picture.image(), box, size)
  part = picture.image((x0, y0, x1, y1))
  return crop(part, CropBox(box.cx - x0, box.cy - y0, box.side), size)


def _within(value: float, end: int) -> int:
  return min(max(int(np.floor(value)), 0), end)


def _place(detection: faces.Detection) -> tuple[float, float, float]:
  """Anchor x, y and the face's height, none of which the jaw should move."""
  x0, y0, x1, y1 = detection.box
  size = detection.size
  if detection.landmarks is None:
    return (x0 + x1) / 2, y0 + _ANCHOR * (y1 - y0), size
  right_eye, left_eye, nose = detection.landmarks[:3]
  x, y = ((right_eye + left_eye) / 2 + nose) / 2
  return float(x), float(y), size


def _shots(
  detections: Sequence[faces.Detection | None], *, max_gap: float
) -> list[list[int]]:
  """Frame indices with a face, split at long gaps and at jumps."""
  shots = []
  for k, detection in enumerate(detections):
    if detection is None:
      continue
    if shots:
      last = shots[-1][-1]
      near = k - last <= max_gap
      if near and not jumped(detections[last], detection):
        shots[-1].append(k)
        continue
    shots.append([k])
  return shots


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
  """Gaussian smoothing; the ends continue in a straight line."""
  pad = int(np.ceil(3 * sigma))
  padded = np.pad(values, pad, mode='reflect', reflect_type='odd')
  return scipy.ndimage.gaussian_filter1d(padded, sigma)[pad : pad + len(values)]
