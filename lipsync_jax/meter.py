"""Speed of a run, and the share of its time spent waiting for data."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any


class Meter:
  """Counts steps and waiting between two readings, and what else takes time."""

  def __init__(self, batch_size: int):
    self._batch_size = batch_size
    self._begun = time.perf_counter()
    self._parts: dict[str, float] = {'waiting': 0.0}
    self._reset()

  def _reset(self) -> None:
    self._start = time.perf_counter()
    self._waited, self._steps = 0.0, 0
    self._since = dict(self._parts)

  @contextlib.contextmanager
  def waiting(self, result: Any) -> Iterator[None]:
    """Wraps the call that may wait for the next batch.

    Args:
      result: of the last step. Steps are dispatched ahead: while it is still
        being computed, nobody waits for data.
    """
    entered = time.perf_counter()
    yield
    if result.is_ready():
      waited = time.perf_counter() - entered
      self._waited += waited
      self._parts['waiting'] += waited
    self._steps += 1

  @contextlib.contextmanager
  def part(self, name: str) -> Iterator[None]:
    """Wraps what is no training, e.g. an evaluation; no rate counts it."""
    entered = time.perf_counter()
    try:
      yield
    finally:
      taken = time.perf_counter() - entered
      self._parts[name] = self._parts.get(name, 0.0) + taken
      self._start += taken

  def seconds(self) -> dict[str, float]:
    """The time since the beginning, in all and by part."""
    total = time.perf_counter() - self._begun
    return {k: round(v, 3) for k, v in {'total': total, **self._parts}.items()}

  def read(self) -> dict[str, float]:
    """Rates of training since the last reading, and seconds of all else."""
    elapsed = time.perf_counter() - self._start
    row = {
      'time/examples_per_second': self._steps * self._batch_size / elapsed,
      'time/seconds_per_step': elapsed / max(1, self._steps),
      'time/data_wait_share': self._waited / elapsed,
    }
    for name, taken in self._parts.items():
      since = taken - self._since.get(name, 0.0)
      if name != 'waiting' and since:
        row[f'time/{name}_seconds'] = since
    self._reset()
    return row
