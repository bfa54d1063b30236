"""Confidence over time: how well a sound fits around every frame."""

import numpy as np
from jaxtyping import Float

from lipsync_jax.metrics import sync

SPAN = 21  # windows, which are of 25 frames: 1 s
_WINDOW = 5  # frames of a window


def local_curves(
  band: Float[np.ndarray, 'n s'], *, span: int = SPAN
) -> Float[np.ndarray, 'n s']:
  """The band averaged around every window, over fewer at the ends.

  Args:
    band: from `sync.similarity_band` or `chance.band`.
    span: windows, odd.

  Returns:
    Mean similarity by offset; nan where no window around has the offset.
  """
  valid = ~np.isnan(band)
  sums, counts = (
    _around(values, span // 2) for values in (np.where(valid, band, 0), valid)
  )
  return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def frame_excess(
  band: Float[np.ndarray, 'n s'], *, span: int = SPAN
) -> Float[np.ndarray, 'm s']:
  """How far every offset is above most others around a frame.

  With the offset of the whole clip that is the confidence of a frame: the
  similarity there minus the median (SyncNet's demo shows it with the median of
  the whole clip, smoothed over 9 frames).

  Args:
    band, span: as there.

  Returns:
    [n + 4, 31]: a window's row is its middle frame's, the first and last two
    frames have their neighbours'; nan as there. Column 15 - s is of a sound
    that leads by s frames.
  """
  local = local_curves(band, span=span)
  excess = local - np.nanmedian(local, axis=1, keepdims=True)
  return np.pad(excess, ((_WINDOW // 2,) * 2, (0, 0)), mode='edge')


def at(excess: Float[np.ndarray, 'm s'], offset: int):
  """[m] of one offset, in frames by which the sound leads."""
  return excess[:, sync.MAX_OFFSET - offset]


def _around(values, side: int) -> np.ndarray:
  """Sums over as many rows to either side, as far as there are."""
  sums = np.pad(np.cumsum(values, 0, dtype=np.float64), ((1, 0), (0, 0)))
  rows = np.arange(len(values))
  high = np.minimum(rows + side + 1, len(values))
  return sums[high] - sums[np.maximum(rows - side, 0)]
