"""Changes that leave lip-sync as it is: mirror, small shifts, light, loudness.

One draw covers all frames of an example, so nothing flickers.
"""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from input_pipeline import audio


@dataclasses.dataclass(frozen=True)
class Augmentation:
  """Strengths; all zero means none."""

  flip: float = 0.5  # probability of mirroring left and right
  zoom: float = 0.1  # up to this share of the side is cut away, anywhere
  brightness: float = 0.15  # up to this share of 255, up or down
  contrast: float = 0.2  # gain between 1 - x and 1 + x
  colour: float = 0.1  # the same per channel: skin, light, white balance
  level: float = 0.6  # mel units of 12.5 dB: 0.6 is +-7.5 dB of loudness


# Shrinking by more than this factor averages areas, so that nothing aliases.
# Below it every pixel still takes part in the bilinear mean, which is nearer to
# an ideal filter (Lanczos; 128 to 96 px: 46.8 dB, areas 44.8) in a fifth of the
# time.
_BILINEAR = 1.5

NONE = Augmentation(flip=0, zoom=0, brightness=0, contrast=0, colour=0, level=0)


@dataclasses.dataclass(frozen=True)
class Draw:
  """One choice of every change, applied alike to all frames of an example."""

  flip: bool
  zoom: float
  x: float
  y: float
  gain: tuple[float, float, float]  # of red, green, blue
  bias: float
  level: float


def draw(options: Augmentation, rng: np.random.Generator) -> Draw:
  """Draws one example's changes; the number of draws never depends on them."""
  flip, zoom, x, y, gain, bias, level, *colour = rng.random(10)
  return Draw(
    flip=flip < options.flip,
    zoom=zoom * options.zoom,
    x=x,
    y=y,
    gain=tuple(
      (1 + options.contrast * (2 * gain - 1))
      * (1 + options.colour * (2 * channel - 1))
      for channel in colour
    ),
    bias=255 * options.brightness * (2 * bias - 1),
    level=options.level * (2 * level - 1),
  )


def frames(images: Sequence[np.ndarray], size: int, change: Draw) -> np.ndarray:
  """Cuts, resizes, mirrors and relights faces.

  Args:
    images: t pictures [s, s, 3] uint8 RGB.
    size: side of the result, pixels.
    change: one draw.

  Returns:
    [t, size, size, 3] uint8.
  """
  full = len(images[0])
  side = round(full * (1 - change.zoom))
  top = round((full - side) * change.y)
  left = round((full - side) * change.x)
  method = cv2.INTER_AREA if side > _BILINEAR * size else cv2.INTER_LINEAR
  made = np.empty((len(images), size, size, 3), np.uint8)
  for image, out in zip(images, made, strict=True):
    cut = image[top : top + side, left : left + side]
    # OpenCV writes to `out`; of equal sizes it would copy, and slowly.
    if side != size:
      cut = cv2.resize(
        cut,
        (size, size),
        dst=None if change.flip else out,
        interpolation=method,
      )
    if change.flip:
      cv2.flip(cut, 1, dst=out)
    elif cut is not out:
      out[:] = cut
  if change.gain != (1, 1, 1) or change.bias:
    table = np.arange(256)[:, None] * change.gain + change.bias
    table = np.clip(np.rint(table), 0, 255).astype(np.uint8)[None]
    rows = made.reshape(-1, size, 3)  # OpenCV takes no fourth axis.
    cv2.LUT(rows, table, dst=rows)
  return made


def mel(window: np.ndarray, change: Draw) -> np.ndarray:
  """Makes float32 mel rows louder or softer; silence stays silence."""
  if not change.level:
    return window
  shifted = np.clip(window + np.float32(change.level), audio.SILENCE, 4.0)
  return np.where(window <= audio.SILENCE, window, shifted)
