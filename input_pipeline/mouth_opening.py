"""How open a mouth is, from pixels alone: the dark between the lips."""

import cv2
import numpy as np

# Of a crop of convention 'v1' (`tracks.FACE_CROP`): left, top, right, bottom of
# what a mouth can occupy, in parts of the side.
_IN_CROP = (0.22, 0.47, 0.78, 0.91)
# What is darker than this part of the skin counts. Drawn mouths are black, real
# ones are lit: in crops of 12 clips of GRID's validation speakers, 0.65 puts
# speech 0.77 standard deviations above the pauses, 0.85 puts it 0.99; with
# synthetic talkers the correlation with the truth is 0.989 and 0.986.
_DRAWN, _REAL = 0.65, 0.85


def in_crops(crops: np.ndarray) -> np.ndarray:
  """`measure` of face crops [t, s, s, 3] uint8 RGB of convention 'v1'.

  For drawn and for real people.
  """
  box = np.array(_IN_CROP) * crops.shape[1]
  return measure(crops, np.tile(box, (len(crops), 1)), dark=_REAL)


def measure(
  frames: np.ndarray, mouth_boxes: np.ndarray, *, dark: float = _DRAWN
) -> np.ndarray:
  """How open the mouth is, from pixels alone.

  How deep the dark between the lips is, summed over the middle columns of the
  box. In each column the brightness (red channel, where lips and skin look
  alike) is filled up as water fills a valley; the depth of the water relative
  to the skin's brightness counts. So a beard does not count: it has no bright
  rim below. Neither do teeth and tongue, but the dark around them grows with
  the opening. Depths are summed without a threshold, so blur and compression
  change little. The unit is arbitrary: compare within one clip.

  Args:
    frames: [t, h, w, 3] uint8 RGB.
    mouth_boxes: [t, 4] x0, y0, x1, y1 in pixels.
    dark: brightness below which it counts, as a part of the skin's.

  Returns:
    [t] float32, 0..1.

  Raises:
    ValueError: the numbers of frames and boxes differ.
  """
  if len(frames) != len(mouth_boxes):
    raise ValueError(
      f'{len(frames)} frames but {len(mouth_boxes)} mouth boxes: give one box '
      'per frame.'
    )
  return np.array(
    [
      _darkness(frame, box, dark)
      for frame, box in zip(frames, mouth_boxes, strict=True)
    ],
    np.float32,
  )


def _darkness(frame: np.ndarray, box: np.ndarray, dark: float) -> float:
  x0, y0, x1, y1 = box
  size = (72, 54)
  matrix = np.array(
    [[(x1 - x0) / size[0], 0, x0], [0, (y1 - y0) / size[1], y0]]
  )
  patch = cv2.warpAffine(
    np.ascontiguousarray(frame[..., 0]),
    matrix,
    size,
    flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    borderMode=cv2.BORDER_REPLICATE,
  )
  skin = max(np.percentile(patch, 85), 1)  # of a black picture: not open
  middle = patch[8:, 22:50] / np.float32(skin)  # without the moustache
  above = np.maximum.accumulate(middle)
  below = np.maximum.accumulate(middle[::-1])[::-1]
  water = np.minimum(np.minimum(above, below), dark)
  return float(np.clip(water - middle, 0, None).mean())
