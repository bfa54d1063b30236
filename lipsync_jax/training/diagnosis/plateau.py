"""Notices that an expert learns nothing."""

import collections
from collections.abc import Iterable, Mapping
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
  """

  def __init__(self, *, after: int):
    self._after = after
    self._seen = collections.deque()

  @classmethod
  def of_run(cls, config: Any, task: Any, log: Iterable[Mapping[str, Any]]):
    """Of a run, perhaps a resumed one, with the rows it has written.

    As if it had never been stopped, and told no second time.
    """
    # Readers of lips log a chance of another kind.
    learns_sync = getattr(task, 'objective', None) is not None
    plateau = cls(after=config.stuck_after if learns_sync else 0)
    for row in log:
      plateau.is_stuck(row['step'], row)
    return plateau

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
    long_enough = step >= self._after
    if not long_enough or len(self._seen) < _ROWS:
      return False
    ratios = [ratio for _, ratio in self._seen]
    if sum(ratios) / len(ratios) < NEAR:
      return False
    self._after = 0
    return True
