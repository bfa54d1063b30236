"""Face boxes the way Wav2Lip's inference.py makes them, as a yardstick.

Written from its description.
"""

import numpy as np

_BOXES = 5  # in a mean
_BELOW = 10  # pixels added below the box, by default


def smoothed(boxes: np.ndarray) -> np.ndarray:
  """Its smoothing, which looks ahead and calculates in whole numbers.

  A mean over the box and the four after it, written back at once into the same
  array of whole numbers; near the end the last five, some of which are means
  already.

  Args:
    boxes: [n, k] int.
  """
  smooth = np.array(boxes)
  for k in range(len(smooth)):
    first = min(k, max(0, len(smooth) - _BOXES))
    # A whole number is written: the fraction is cut off.
    smooth[k] = smooth[first : first + _BOXES].mean(axis=0)
  return smooth


def whole_pixels(boxes, shape: tuple[int, int]) -> np.ndarray:
  """[n, 4] int: cut to pixels, made longer below, within the picture."""
  x0, y0, x1, y1 = np.trunc(boxes).astype(int).T
  height, width = shape
  return np.stack(
    [
      x0.clip(0),
      y0.clip(0),
      x1.clip(max=width),
      (y1 + _BELOW).clip(max=height),
    ],
    axis=1,
  )
