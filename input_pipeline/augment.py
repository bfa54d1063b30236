"""Changes that leave lip-sync as it is: place, light, loudness, voice.

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
  # Off unless a config asks: bared corners are filled with the nearest pixels,
  # which an expert does not mind and a generator would learn to draw.
  rotation: float = 0.0  # up to so many degrees, either way
  level: float = 0.6  # mel units of 12.5 dB: 0.6 is +-7.5 dB of loudness
  # Bands move by up to this share, as with a longer or shorter throat (after
  # Jaitly & Hinton, 2013, vocal tract length perturbation).
  tract: float = 0.0


# Shrinking by more than this factor averages areas, so that nothing aliases.
# Below it every pixel still takes part in the bilinear mean, which is nearer to
# an ideal filter (Lanczos; 128 to 96 px: 46.8 dB, areas 44.8) in a fifth of the
# time.
_BILINEAR = 1.5

NONE = Augmentation(**{f.name: 0 for f in dataclasses.fields(Augmentation)})


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
  rotation: float = 0.0
  tract: float = 0.0


def draw(options: Augmentation, rng: np.random.Generator) -> Draw:
  """Draws one example's changes; the number of draws never depends on them."""
  flip, zoom, x, y, gain, bias, level, rotation, tract, *colour = rng.random(12)
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
    rotation=options.rotation * (2 * rotation - 1),
    tract=options.tract * (2 * tract - 1),
  )


UNCHANGED = draw(NONE, np.random.default_rng(0))


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
  if change.rotation:
    _turn(made, change.rotation)
  if change.gain != (1, 1, 1) or change.bias:
    _relight(made, change)
  return made


def mel(rows: np.ndarray, change: Draw) -> np.ndarray:
  """Another throat, louder or softer; silence stays silence.

  Args:
    rows: [n, 80, t, 1] float32 log-mel windows.
    change: one draw.
  """
  if change.tract:
    last = rows.shape[1] - 1
    place = np.clip(np.arange(last + 1) * (1 + change.tract), 0, last)
    below = np.minimum(place.astype(int), last - 1)
    part = (place - below).astype(np.float32)[:, None, None]
    rows = rows[:, below] * (1 - part) + rows[:, below + 1] * part
  if not change.level:
    return rows
  shifted = np.clip(rows + np.float32(change.level), audio.SILENCE, 4.0)
  return np.where(rows <= audio.SILENCE, rows, shifted)


def _turn(images: np.ndarray, degrees: float) -> None:
  """In place, around the middle."""
  size = images.shape[1]
  middle = (size - 1) / 2
  matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 1)
  for image in images:
    image[:] = cv2.warpAffine(
      image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE
    )


def _relight(images: np.ndarray, change: Draw) -> None:
  """In place."""
  table = np.arange(256)[:, None] * change.gain + change.bias
  table = np.clip(np.rint(table), 0, 255).astype(np.uint8)[None]
  rows = images.reshape(-1, images.shape[2], 3)  # OpenCV takes no fourth axis.
  cv2.LUT(rows, table, dst=rows)
