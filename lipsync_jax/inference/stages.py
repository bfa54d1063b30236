"""How long each stage of a stream worked, not counting what it waited for."""

import collections
import contextlib
import time
from collections.abc import Iterable, Iterator


class Clock:
  """Adds up seconds by stage; each stage belongs to one thread.

  Attributes:
    seconds: stage -> seconds of work.
  """

  def __init__(self):
    self.seconds: dict[str, float] = collections.defaultdict(float)

  @contextlib.contextmanager
  def __call__(self, stage: str, *, within: str | None = None):
    """Counts what is done inside for `stage`, and not for the one around it."""
    begun = time.perf_counter()
    try:
      yield
    finally:
      spent = time.perf_counter() - begun
      self.seconds[stage] += spent
      if within:
        self.seconds[within] -= spent

  def work(self, stage: str, items: Iterable) -> Iterator:
    """Yields `items`; their making counts for `stage`."""
    yield from self._counted(items, stage, 1)

  def wait(self, stage: str, items: Iterable) -> Iterator:
    """Yields `items` to `stage`, whose waiting for them does not count."""
    yield from self._counted(items, stage, -1)

  def _counted(self, items: Iterable, stage: str, sign: int) -> Iterator:
    items, end = iter(items), object()
    try:
      while True:
        begun = time.perf_counter()
        item = next(items, end)
        self.seconds[stage] += sign * (time.perf_counter() - begun)
        if item is end:
          return
        yield item
        del item  # or the last picture would live on while the next is awaited
    finally:
      getattr(items, 'close', lambda: None)()
