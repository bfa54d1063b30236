"""Sync from embeddings: the distance-offset curve and what is read from it.

A clip gives one embedding per five-frame window of picture and of sound; the
similarity of picture window i and sound window i + s, averaged over i, as a
function of s is the curve. Its peak is the offset, its height over the median
the confidence (Chung & Zisserman, 2016). Positions outside the clip are left
out of every mean, as in VocaLiST's evaluation.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from lipsync_jax import losses

MAX_OFFSET = 15  # frames: the range the field searches


def similarity_of(objective: str) -> str:
  """What means 'in sync' after training by an objective: `similarity_band`."""
  return 'distance' if objective == 'contrastive' else 'cosine'


def similarities(
  face: Float[Array, 'n d'],
  audio: Float[Array, 'm d'],
  *,
  similarity: str = 'cosine',
) -> Float[Array, 'n m']:
  """Similarity of every picture window with every sound window.

  Args:
    face, audio: embeddings.
    similarity: 'cosine', or 'distance', Euclidean and negative (SyncNet).

  Raises:
    ValueError: the similarity is neither.
  """
  if similarity == 'cosine':
    return losses.similarities(losses.unit(audio), losses.unit(face))
  if similarity == 'distance':
    return -losses.distances(audio[None], face[:, None])
  raise ValueError(f"{similarity!r} is neither 'cosine' nor 'distance'.")


def similarity_band(
  face: Float[Array, 'n d'],
  audio: Float[Array, 'n d'],
  *,
  similarity: str = 'cosine',
  max_offset: int = MAX_OFFSET,
  count: int | Int[Array, ''] | None = None,
) -> Float[Array, 'n s']:
  """Similarity of every picture window with the sound windows around it.

  Args:
    face: embeddings of any length, window i starts at frame i.
    audio: likewise, of the sound.
    similarity: see `similarities`.
    max_offset: the band covers offsets -max_offset..max_offset.
    count: of how many windows the clip is; what follows fills up. All by
      default.

  Raises:
    ValueError: the similarity is neither.

  Returns:
    [n, 2 max_offset + 1]; NaN where the sound window is outside the clip.
  """
  n = len(face)
  pairs = similarities(face, audio, similarity=similarity)
  columns = jnp.arange(n)[:, None] + jnp.arange(-max_offset, max_offset + 1)
  last = n if count is None else count
  inside = (columns >= 0) & (columns < last) & (jnp.arange(n) < last)[:, None]
  band = jnp.take_along_axis(pairs, columns.clip(0, n - 1), axis=1)
  return jnp.where(inside, band, jnp.nan)


def offset_curve(
  band: Float[Array, 'n s'], *, frames: int | None = None
) -> Float[Array, 'm s']:
  """Averages the band over `frames` frames of video, at every position.

  Args:
    band: from `similarity_band`.
    frames: length judged at once: `frames` - 4 consecutive windows. None takes
      the whole clip, which gives one row.

  Returns:
    [m, s] mean similarity per offset; NaN where no window has that offset.
  """
  span = len(band) if frames is None else frames - 4
  valid = ~jnp.isnan(band)
  totals = _moving_sum(jnp.where(valid, band, 0.0), span)
  counts = _moving_sum(valid.astype(jnp.float32), span)
  return jnp.where(counts > 0, totals / jnp.maximum(counts, 1), jnp.nan)


def offsets(curve: Float[Array, 'm s']) -> Float[Array, ' m']:
  """Offset in frames at the peak of each row.

  Positive: the sound is early. The picture then matches a sound window that
  starts s frames before it, which is column max_offset - s of the curve.
  """
  middle = curve.shape[1] // 2
  return (middle - jnp.nanargmax(curve, axis=1)).astype(jnp.float32)


def confidences(curve: Float[Array, 'm s']) -> Float[Array, ' m']:
  """Peak minus median of each row."""
  return jnp.nanmax(curve, axis=1) - jnp.nanmedian(curve, axis=1)


def _moving_sum(x: Float[Array, 'n s'], span: int) -> Float[Array, 'm s']:
  sums = jnp.cumsum(jnp.concatenate([jnp.zeros_like(x[:1]), x]), axis=0)
  return sums[span:] - sums[:-span]
