"""Processes that work through a list, and end with the one that made them."""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator

import cv2


@contextlib.contextmanager
def processes(count: int) -> Iterator[concurrent.futures.Executor]:
  """A pool of processes.

  When the block is left by an exception they end at once, whatever they do; so
  they do when this process dies, be it killed.
  """
  # Not fork: FFmpeg, OpenCV and JAX of the caller have threads.
  context = multiprocessing.get_context('spawn')
  # Nothing is ever sent: all wait for the end that only we hold to be closed.
  end, ours = context.Pipe(duplex=False)
  pool = concurrent.futures.ProcessPoolExecutor(
    count, context, initializer=_start, initargs=(end,)
  )
  with end, ours, pool:
    try:
      yield pool
    except BaseException:
      ours.close()
      raise


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
  """Ctrl-C waits until the block is left.

  Processes started in it never hear of it, not even while they import.
  """
  if not hasattr(signal, 'pthread_sigmask'):  # Windows
    yield
    return
  before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
  try:
    yield
  finally:
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(end: multiprocessing.connection.Connection) -> None:
  # One process per core already; Ctrl-C is for the parent to handle.
  cv2.setNumThreads(1)
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  threading.Thread(target=_end_with, args=(end,), daemon=True).start()


def _end_with(end: multiprocessing.connection.Connection) -> None:
  end.poll(None)
  os._exit(1)
