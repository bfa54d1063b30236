"""Steps that were skipped: told by name, and the end of a run of them."""

import collections
import logging
from collections.abc import Callable

import jax

_LOG = logging.getLogger(__name__)

# Steps are dispatched ahead of the device, so a step is looked at this many
# later: its count is there by then, or the device is so far behind that waiting
# for it costs nothing. Not as soon as it is there: every host of a run has to
# stop at the same step.
_LAG = 4
_NAMED = 20  # records at most in the message that ends a run


class TooManyBadSteps(FloatingPointError):
  """Every step from `first_bad_step` (counted from 0) on was skipped."""

  def __init__(self, message: str, first_bad_step: int):
    super().__init__(message)
    self.first_bad_step = first_bad_step


class Health:
  """Watches the steps of a run without holding it up.

  Args:
    limit: skipped steps in a row that end the run; that of the step function
      (`max_bad_steps`), which changes nothing from there on.
    names: the records in the batch of a step, counted from 0. May be slow: it
      is asked about skipped steps only.
  """

  def __init__(
    self, limit: int, names: Callable[[int], list[str]] | None = None
  ):
    self._limit = limit
    self._names = names or (lambda step: [])
    self._waiting: collections.deque[tuple[int, jax.Array]] = (
      collections.deque()
    )
    self._bad: dict[int, list[str]] = {}  # in a row

  def saw(self, step: int, skipped_in_a_row: jax.Array) -> None:
    """Takes note of a step, counted from 0; looks at one of before.

    Args:
      step: that gave the count.
      skipped_in_a_row: the metric of that name, on the device.

    Raises:
      TooManyBadSteps: `limit` in a row were skipped.
    """
    skipped_in_a_row.copy_to_host_async()
    self._waiting.append((step, skipped_in_a_row))
    if len(self._waiting) > _LAG:
      self._look()

  def finish(self) -> None:
    """Looks at all steps there were; before a save, and at the end.

    Raises:
      TooManyBadSteps: as `saw` does.
    """
    while self._waiting:
      self._look()

  def _look(self) -> None:
    step, array = self._waiting.popleft()
    count = int(array)
    if not count:
      self._bad = {}
      return
    names = self._bad[step] = self._names(step)
    _LOG.warning(
      'Skipped step %d, %d in a row: a loss, gradient or parameter was not '
      'finite. Records: %s.',
      step + 1,
      count,
      ', '.join(names) or 'unknown',
    )
    if count >= self._limit:
      raise TooManyBadSteps(self._message(step, count), step - count + 1)

  def _message(self, step: int, count: int) -> str:
    seen = collections.Counter(
      name for names in self._bad.values() for name in set(names)
    )
    named = [f'{name} ({n}x)' for name, n in seen.most_common(_NAMED)]
    if len(seen) > _NAMED:
      named.append(f'{len(seen) - _NAMED} more, see the warnings')
    return (
      f'Steps {step - count + 2} to {step + 1} were skipped: losses, gradients '
      'or parameters were not finite. Nothing changed since step '
      f'{step - count + 1}. Lower the learning rate, set the '
      "optimizer's clip_norm, or look at the records of these steps: "
      f'{", ".join(named) or "unknown"}.'
    )
