"""Which record comes when: a function of the seed and nothing else."""

import functools

import numpy as np


class Order:
  """The records of all epochs in a row, by number: `order[k]` for k = 0, 1...

  Every record (as often as told) in a new order, then all again, for ever.

  grain's own `shuffle` takes 4 us a record for 10,000 records, but 220 us for
  100 and 3.6 ms for 7: it draws from 2^16 places until it hits one in use.

  Args:
    count: of records.
    seed: of shuffling.
    repeats: how often an epoch shows each record (`balance`); once by default.
  """

  def __init__(self, count: int, seed: int, repeats: np.ndarray | None = None):
    self._seed = seed
    once = np.ones(count, int)
    self._epoch = np.repeat(
      np.arange(count), once if repeats is None else repeats
    )
    # Batches being made ahead may reach over the end of an epoch.
    self._shuffled = functools.lru_cache(maxsize=2)(self._shuffle)

  def __getitem__(self, k: int) -> int:
    epoch, i = divmod(k, len(self._epoch))
    return int(self._shuffled(epoch)[i])

  def batch(self, k: int, size: int) -> list[int]:
    """The records of the k-th batch of so many, of all hosts together."""
    return [self[i] for i in range(k * size, (k + 1) * size)]

  def _shuffle(self, epoch: int) -> np.ndarray:
    rng = np.random.default_rng([self._seed, epoch])
    return rng.permutation(self._epoch)
