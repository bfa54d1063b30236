"""Notices that an expert learns nothing."""

import collections
from collections.abc import Mapping
from typing import Any

# A loss this near the one of guessing, or above it, is guessing: of GRID's
# clips the default objective is below 0.9 of it after 300 steps, cosine BCE
# within 0.01 of it for thousands.
NEAR = 0.95
# Rows of the log that are averaged at least: single batches say little.
_ROWS = 5


class Plateau:
  """Fed with the rows of a run's log, tells once that its expert is stuck.

  Args:
    after: steps it is given, of which the second half is judged; 0: never.
    start_step: where this run, perhaps a resumed one, begins.
  """

  def __init__(self, *, after: int, start_step: int = 0):
    self._after, self._start = after, start_step
    self._seen = collections.deque()

  def is_stuck(self, step: int, row: Mapping[str, Any]) -> bool:
    """Whether to raise the alarm now; so only once.

    Args:
      step: of the row.
      row: as logged, with 'train/loss' and 'train/chance'; tasks that have no
        such number, which are all but experts, are never stuck. A row of a
        skipped step may lack either.
    """
    if not self._after or not {'train/loss', 'train/chance'} <= row.keys():
      return False
    self._seen.append((step, row['train/loss'] / row['train/chance']))
    half = self._after / 2
    while len(self._seen) > _ROWS and self._seen[0][0] <= step - half:
      self._seen.popleft()
    long_enough = step - self._start >= self._after
    if not long_enough or len(self._seen) < _ROWS:
      return False
    ratios = [ratio for _, ratio in self._seen]
    if sum(ratios) / len(ratios) < NEAR:
      return False
    self._after = 0
    return True
