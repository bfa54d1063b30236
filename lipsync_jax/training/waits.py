"""Which host the others wait for."""

import logging

import numpy as np
from jax.experimental import multihost_utils

from lipsync_jax.training import hosts

_LOG = logging.getLogger(__name__)

_SHARE = 'time/data_wait_share'
# A host is told of that waits this much of its time, and so much more than the
# middle one: less is no loss worth a line.
_MUCH, _TIMES = 0.1, 3.0


def of_hosts(row: dict[str, float]) -> dict[str, float]:
  """A row of `Meter.read`, with what the other hosts have in theirs.

  All hosts call it at the same step: a computation over them, and the only one
  that logging takes.

  Returns:
    The row; on several hosts with the mean of their 'time/data_wait_share',
    with the largest one, '..._most', and with whose it is, '..._most_host'.
  """
  if not hosts.several():
    return row
  shares = multihost_utils.process_allgather(np.float32(row[_SHARE])).reshape(
    -1
  )
  worst = int(shares.argmax())
  others = np.delete(shares, worst)
  if shares[worst] > max(_MUCH, _TIMES * float(np.median(others))):
    _LOG.warning(
      'Host %d waits for its data %.0f %% of the time, the others %.0f %%, and '
      'all wait for host %d: look at its disk and its processor.',
      worst,
      100 * shares[worst],
      100 * np.median(others),
      worst,
    )
  return row | {
    _SHARE: float(shares.mean()),
    f'{_SHARE}_most': float(shares[worst]),
    f'{_SHARE}_most_host': float(worst),
  }
