"""Speed of a run, and the share of its time spent waiting for data."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any


class Meter:
  """Counts steps and waiting between two readings."""

  def __init__(self, batch_size: int):
    self._batch_size = batch_size
    self.reset()

  def reset(self) -> None:
    """Starts counting anew, e.g. after an evaluation."""
    self._start = time.perf_counter()
    self._waited, self._steps = 0.0, 0

  @contextlib.contextmanager
  def waiting(self, last: Any = None) -> Iterator[None]:
    """Wraps the call that may wait for the next batch.

    Args:
      last: a jax.Array that the last step returned. JAX only queues steps, so
        the loop runs ahead of the device; a wait that ends before the queue
        does costs nothing and is not counted.
    """
    entered = time.perf_counter()
    yield
    if last is None or last.is_ready():
      self._waited += time.perf_counter() - entered
    self._steps += 1

  def read(self) -> dict[str, float]:
    """Rates since the last reset, which this is too."""
    elapsed = time.perf_counter() - self._start
    row = {
      'time/examples_per_second': self._steps * self._batch_size / elapsed,
      'time/seconds_per_step': elapsed / max(1, self._steps),
      'time/data_wait_share': self._waited / elapsed,
    }
    self.reset()
    return row
