"""Runs an iterator ahead of its consumer, in a thread."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

_END = object()


class _Failure:
  """An exception on its way to the consumer."""

  def __init__(self, error: BaseException):
    self.error = error


def background(items: Iterable, *, size: int) -> Iterator:
  """Yields from `items`, which a thread computes up to `size` items ahead.

  An exception in the thread is raised here, in its place in the order. Closing
  this generator (or an exception in its consumer, under `contextlib.closing`)
  stops the thread and closes `items`, and so on up a chain of these.
  """
  ready: queue.Queue = queue.Queue(size)
  stop = threading.Event()
  thread = threading.Thread(
    target=_work, args=(items, ready, stop), daemon=True
  )
  thread.start()
  try:
    while (item := ready.get()) is not _END:
      if isinstance(item, _Failure):
        raise item.error
      yield item
  finally:
    stop.set()
    thread.join()


def closing(items: Iterable, source: Iterator) -> Iterator:
  """Yields from `items`, and closes what they are made from when they end.

  A generator that ends by an exception is kept by its traceback, and what it
  takes from would live on, and its thread, as long as anybody holds that.
  """
  try:
    yield from items
  finally:
    source.close()


def _work(items: Iterable, ready: queue.Queue, stop: threading.Event) -> None:
  end: Any = _END
  try:
    for item in items:
      if not _put(ready, item, stop):
        break
      del item  # or the last picture would live on while the next is awaited
  except BaseException as error:  # the consumer must hear of all of them
    end = _Failure(error)
  finally:
    # A generator has to be closed where it runs.
    getattr(items, 'close', lambda: None)()
    _put(ready, end, stop)


def _put(ready: queue.Queue, item: Any, stop: threading.Event) -> bool:
  """Waits for room; False if the consumer has gone."""
  while not stop.is_set():
    try:
      ready.put(item, timeout=0.1)
      return True
    except queue.Full:
      pass
  return False
