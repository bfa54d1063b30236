"""Is a curve's peak more than chance? Told from the clip itself.

Would the same pictures reach such a confidence with a wrong sound? Wrong sounds
are made of the clip's own, cut into pieces of 0.2 s that are put in another
order, half of them backwards. That needs no other footage, suits every expert,
and falls with the clip's length as chance does.

Others' sounds, whose rhythm is speech's, reach more than such pieces: of 132
pairs of 3 s GRID clips of unseen speakers half reached 1.9 times the mean of
their pieces' confidences, 95 % 3.0 times. The clips' own sounds reached 3.4
times and more. So the level is three times that mean.

Arrays here are NumPy's, by chunk: every chunk has another length.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lipsync_jax.metrics import sync

DRAWS = 48
# Windows, each of 0.2 s and one frame further than the last. Smaller pieces
# know less of speech's rhythm, larger ones more often stay near their place.
_PIECE = 5
_FACTOR = 3.0


class Totals(NamedTuple):
  """Of similarities by offset; they add up over chunks.

  Attributes:
    sums: [..., 31] float, of similarities; columns as in `sync.offset_curve`.
    counts: [..., 31] of how many windows.
  """

  sums: np.ndarray
  counts: np.ndarray

  @property
  def curve(self) -> np.ndarray:
    """[..., 31] mean similarity; nan where there is none."""
    mean = self.sums / np.maximum(self.counts, 1)
    return np.where(self.counts > 0, mean, np.nan)


def total(parts: Iterable[Totals]) -> Totals:
  """The sum of several."""
  sums, counts = zip(*parts, strict=True)
  return Totals(np.sum(sums, axis=0), np.sum(counts, axis=0))


def band(pairs: Float[np.ndarray, 'n n']) -> Float[np.ndarray, 'n s']:
  """`sync.similarity_band` of similarities of all pairs, in NumPy."""
  return _bands(pairs, np.arange(len(pairs))[None])[0]


def totals(band: Float[np.ndarray, 'n s']) -> Totals:
  """Of all windows of a band."""
  valid = ~np.isnan(band)
  return Totals(np.where(valid, band, 0).sum(0), valid.sum(0))


def shuffled(pairs: Float[np.ndarray, 'n n'], *, seed: int) -> Totals:
  """Of the pictures with `DRAWS` wrong sounds: [48, 31].

  Args:
    pairs: similarity of every picture window with every sound window.
    seed: chunks of a clip take different ones, or they would all be shuffled
      alike.
  """
  rng = np.random.default_rng(seed)
  n = len(pairs)
  pieces = np.split(np.arange(n), range(_PIECE, n, _PIECE))
  orders = []
  for draw in range(DRAWS):
    order = np.concatenate([pieces[k] for k in rng.permutation(len(pieces))])
    orders.append(order[::-1] if draw % 2 else order)
  bands = _bands(pairs, np.stack(orders))
  valid = ~np.isnan(bands)
  return Totals(np.where(valid, bands, 0).sum(1), valid.sum(1))


def _bands(pairs, orders) -> np.ndarray:
  """[k, n, 31] with the sound windows in each of the orders, [k, n]."""
  n = len(pairs)
  rows = np.arange(n)[:, None]
  columns = rows + np.arange(-sync.MAX_OFFSET, sync.MAX_OFFSET + 1)
  found = pairs[rows, orders[:, columns.clip(0, n - 1)]]
  return np.where((columns >= 0) & (columns < n), found, np.nan)


def confidence(curve: Float[np.ndarray, '*m s']) -> Float[np.ndarray, '*m']:
  """Peak minus median, as `sync.confidences`."""
  return np.asarray(np.nanmax(curve, -1) - np.nanmedian(curve, -1))


def level(shuffled: Totals) -> float:
  """The confidence that a sound must reach to be more than a wrong one.

  Args:
    shuffled: of the whole clip, see `shuffled`.
  """
  return _FACTOR * float(np.mean(confidence(shuffled.curve)))
