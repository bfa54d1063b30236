"""Processes and threads that work for this one."""

import concurrent.futures
import multiprocessing
import os
import signal
import threading

import cv2


def pool(workers: int, *, in_threads: bool) -> concurrent.futures.Executor:
  """Processes; or threads of this one."""
  if in_threads:
    return concurrent.futures.ThreadPoolExecutor(workers)
  return concurrent.futures.ProcessPoolExecutor(
    workers,
    # Not fork: FFmpeg, OpenCV and JAX of the caller have threads.
    mp_context=multiprocessing.get_context('spawn'),
    initializer=_start,
  )


def _start():
  # One process per core already; Ctrl-C is for the parent to handle.
  cv2.setNumThreads(1)
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
  # A parent that is killed tells nobody, and its pool would wait for ever.
  multiprocessing.parent_process().join()
  os._exit(1)
