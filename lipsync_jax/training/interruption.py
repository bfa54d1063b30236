"""SIGTERM and Ctrl-C become a wish, granted when a step is done.

Machines that are taken away send SIGTERM (Slurm, Kubernetes, preempted virtual
machines) and leave seconds to minutes to save.
"""

import logging
import signal
import threading
from collections.abc import Collection
from types import FrameType
from typing import Any

_LOG = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):  # noqa: N818 - it is no error.
  """A run was asked to stop: it is saved, and goes on when started again.

  Attributes:
    signal: number of the signal that asked.
    step: the last one done and saved.
  """

  def __init__(self, signal: int, step: int):
    super().__init__(
      f'Stopped at step {step}, saved. The same command goes on from there.'
    )
    self.signal, self.step = signal, step


class Interruption:
  """Listens for signals while it is open; a second one has its usual effect.

  Args:
    signals: which; others keep their handlers.

  Attributes:
    signal: number of the one that came; 0: none.
  """

  def __init__(self, signals: Collection[int] = SIGNALS):
    self.signal = 0
    self._signals = signals
    self._before: dict[int, Any] = {}

  def __enter__(self) -> 'Interruption':
    # Python lets no other thread set handlers.
    if threading.current_thread() is threading.main_thread():
      self._before = {n: signal.signal(n, self._wish) for n in self._signals}
    return self

  def __exit__(self, *exception: object) -> None:
    for number, handler in self._before.items():
      signal.signal(number, handler)
    self._before = {}

  def _wish(self, number: int, frame: FrameType | None) -> None:
    del frame
    self.signal = number
    self.__exit__()
    _LOG.warning(
      '%s: saving after this step, then stopping. (Once more: at once.)',
      signal.Signals(number).name,
    )

  def check(self, step: int) -> None:
    """Raises `Stopped` if a signal came, `step` being done."""
    if self.signal:
      raise Stopped(self.signal, step)
