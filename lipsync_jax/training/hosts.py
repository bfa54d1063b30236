"""Many processes that train as one: who writes, how they stop and fail.

A host is a process: a machine of a TPU slice, a GPU or all GPUs of a machine.
Host 0 alone writes and tells; all compute.
"""

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import NoReturn

import jax
from jax.experimental import multihost_utils

# Seconds a host that ends by an error waits for others that end by the same.
_PARTING = 5.0
# What JAX says where the others are gone.
_GONE = ('Gloo', 'NCCL', 'coordination service', 'heartbeat')


def several() -> bool:
  return jax.process_count() > 1


def first() -> bool:
  """Whether this process writes files and tells: one of them does."""
  return jax.process_index() == 0


def own_signals() -> tuple[signal.Signals, ...]:
  """The signals that ask a run to stop, which a process may handle itself.

  On several hosts SIGTERM is JAX's, whose handler tells the others: one set
  after it would undo that.
  """
  if several():
    return (signal.SIGINT,)
  return (signal.SIGTERM, signal.SIGINT)


def agree_to_stop(step: int, wanted: bool) -> bool:
  """Whether to stop after `step`: everywhere the same answer to the same step.

  Nothing is exchanged and nobody waits until somebody wants to stop (or gets
  SIGTERM); the answer then comes some steps later, within about a second.

  Args:
    step: done; to be asked after every step.
    wanted: this process was asked to stop, other than by SIGTERM.
  """
  if not several():
    return wanted
  if wanted:
    signal.raise_signal(signal.SIGTERM)  # JAX's handler tells the others.
  return multihost_utils.reached_preemption_sync_point(step)


@contextlib.contextmanager
def ending_together() -> Iterator[None]:
  """Around a run: what ends one host soon ends all, with a word on why.

  A host that waited at the exit for others, as JAX does, would keep them in a
  computation that never ends.
  """
  try:
    yield
  except BaseException as error:
    if not several() or _is_agreed(error):
      raise
    _leave(error)


def _is_agreed(error: BaseException) -> bool:
  # Numbers are the codes of runs that all hosts stopped together.
  return isinstance(error, SystemExit) and not isinstance(error.code, str)


def _leave(error: BaseException) -> NoReturn:
  text = str(error)
  gone = any(word in text for word in _GONE)
  if gone:
    # XLA repeats itself for every step under way.
    why = text.rpartition('Error dispatching computation: ')[2]
    text = f'error: Another host ended or is out of reach; see its log. ({why})'
  elif not isinstance(error, SystemExit):
    text = ''.join(traceback.format_exception(error))
  print(text, file=sys.stderr, flush=True)
  sys.stdout.flush()
  if not gone:
    # In order if all hosts end by the same error, else without the others.
    parting = threading.Thread(target=jax.distributed.shutdown, daemon=True)
    parting.start()
    parting.join(_PARTING)
  os._exit(1)
