"""How often an expert finds the offset: as the literature counts, and moved.

Both ask for the offset within +-15 frames that fits best at every position of a
clip, and call it found within one frame of the truth. A position is judged by
K frames, K - 4 consecutive windows of five.

`in_place` is VocaLiST's criterion (Kadandale et al., 2022; its test_lrs2.py),
by which SyncNet has 75.8 % and VocaLiST 92.8 % at 5 frames on LRS2. Clips are
taken as they are, so the truth is always 0, the middle of the search: a curve
without a peak, whose highest point falls there by chance or by edge effects,
looks right. A position is a window; longer K take as many windows to either
side of it, fewer at the ends of the clip, and leave out every offset for which
one of them has no sound within the clip. (For clips shorter than 30 windows
that script counts silence after the end of the sound as a candidate; here no
position outside the clip ever is.)

`moved` judges each clip as it is and with its sound 6 frames early and late, at
the positions that have all their windows and whose true sound is there, and
averages over the three. Offsets are averaged over the windows that have them.
What always answers 0 earns a third. It is what validation prints.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lipsync_jax.metrics import sync

# Frames judged at once in the literature (VocaLiST, table 1).
SPANS = (5, 7, 9, 11, 13, 15)
TOLERANCE = 1  # frames
SHIFTS = (-6, 0, 6)  # frames
# Windows that arrays must have room for, whatever the clip's own number.
LEAST = max(SHIFTS) + max(SPANS) - 4


def is_near(offsets: Float[Array, '*m'], truth: int = 0) -> Bool[Array, '*m']:
  """Whether offsets are within one frame of the truth."""
  return jnp.abs(offsets - truth) <= TOLERANCE


def centred_curve(
  band: Float[Array, 'n s'],
  count: int | Int[Array, ''],
  *,
  frames: int,
) -> Float[Array, 'n s']:
  """The band averaged around every window, as VocaLiST does.

  Args:
    band: from `sync.similarity_band`.
    count: windows of the clip, the first of the band.
    frames: odd, 5 or more: (frames - 5) / 2 windows to either side count.

  Returns:
    Mean similarity per offset; nan where a window lacks that offset, and in
    the rows after the clip.
  """
  side = (frames - 5) // 2
  there = (jnp.arange(len(band)) < count)[:, None]
  lacking = there & jnp.isnan(band)

  def around(x):
    padded = jnp.pad(jnp.float32(x), [(side, side), (0, 0)])
    rows = len(x)
    return sum(padded[i : i + rows] for i in range(2 * side + 1))

  total = around(jnp.where(there & ~lacking, band, 0.0))
  mean = total / jnp.maximum(around(there), 1)
  return jnp.where(there & (around(lacking) == 0), mean, jnp.nan)


def in_place(
  band: Float[Array, 'n s'], count: int | Int[Array, '']
) -> Float[Array, ' k']:
  """Share of a clip's positions found, by VocaLiST's criterion.

  Args:
    band, count: see `centred_curve`.

  Returns:
    [6] 0..1, for each of `SPANS`. Mean over clips is the published number.
  """
  there = jnp.arange(len(band)) < count

  def share(frames):
    curve = centred_curve(band, count, frames=frames)
    return _share(is_near(sync.offsets(curve)), there)

  return jnp.stack([share(frames) for frames in SPANS])


def moved(
  face: Float[Array, 'n d'],
  audio: Float[Array, 'n d'],
  count: int | Int[Array, ''],
  *,
  similarity: str,
) -> Float[Array, ' k']:
  """Share of a clip's positions found, over `SHIFTS` of its sound.

  Args:
    face, audio, similarity: see `sync.similarity_band`; n is `LEAST` or more.
    count: windows of the clip, the first of them.

  Returns:
    [7] 0..1, for each of `SPANS` and for the whole clip; nan where the clip is
    too short.
  """
  found = [_moved_by(shift, face, audio, count, similarity) for shift in SHIFTS]
  return jnp.nanmean(jnp.stack(found), axis=0)


def _moved_by(shift, face, audio, count, similarity):
  late, early = max(-shift, 0), max(shift, 0)
  n, count = len(face) - abs(shift), count - abs(shift)
  band = sync.similarity_band(
    face[late : late + n],
    audio[early : early + n],
    similarity=similarity,
    count=count,
  )
  shares = []
  for span in SPANS:
    offsets = sync.offsets(sync.offset_curve(band, frames=span))
    at = jnp.arange(len(offsets))
    # Where all the pictures' own sounds are.
    own = (at >= early) & (at + span - 4 <= count - late)
    shares.append(_share(is_near(offsets, shift), own))
  whole = sync.offsets(sync.offset_curve(band))
  shares.append(is_near(whole, shift)[0])
  # Else no picture would have its own sound left.
  return jnp.where(count > abs(shift), jnp.stack(shares), jnp.nan)


def _share(found, where):
  """Of those that count; nan if none does."""
  count = where.sum()
  share = (found & where).sum() / jnp.maximum(count, 1)
  return jnp.where(count > 0, share, jnp.nan)
