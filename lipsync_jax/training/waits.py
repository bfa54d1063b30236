"""Which host the others wait for."""

import logging
from collections.abc import Sequence

import numpy as np
from jax.experimental import multihost_utils

from lipsync_jax.training import hosts

_LOG = logging.getLogger(__name__)

_SHARE = 'time/data_wait_share'
# Told of is a host that waits this much of its time, and so many times more
# than the middle one of the others: less is no loss worth a line.
_MUCH, _TIMES = 0.1, 3.0


def of_hosts(row: dict[str, float]) -> dict[str, float]:
  """A row of `Meter.read`, with what the other hosts have in theirs.

  All hosts call it at the same step: it is a computation over all of them, the
  only one that logging takes.

  Returns:
    The row; on several hosts with the mean of their 'time/data_wait_share', the
    largest ('..._most') and the number of the host that has it
    ('..._most_host').
  """
  if not hosts.several():
    return row
  mine = np.float32(row[_SHARE])
  shares = multihost_utils.process_allgather(mine).reshape(-1).tolist()
  if hosts.first() and (line := laggard(shares)):
    _LOG.warning(line)
  return row | {
    _SHARE: float(np.mean(shares)),
    f'{_SHARE}_most': max(shares),
    f'{_SHARE}_most_host': float(np.argmax(shares)),
  }


def laggard(shares: Sequence[float]) -> str:
  """Names the host whose data is late, by every host's share; '' if none is."""
  worst = int(np.argmax(shares))
  others = float(np.median(np.delete(shares, worst)))
  if shares[worst] <= max(_MUCH, _TIMES * others):
    return ''
  return (
    f'Host {worst} waits for its data {shares[worst]:.0%} of the time, the '
    f'others {others:.0%}; all wait for it: see to its disk and processor.'
  )
