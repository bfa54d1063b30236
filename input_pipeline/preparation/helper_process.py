"""Somebody to send into danger."""

import concurrent.futures
import contextlib
import threading
import weakref

from input_pipeline.preparation import parts, pools


class Helper:
  """A process beside this one for one video at a time, which may crash it.

  For runners that have workers of their own. It is started when it is needed
  and ends with this object. With a detector of the caller's the work is done
  here.
  """

  def __init__(self):
    self._pool = None
    self._lock = threading.Lock()

  def run(self, job: parts.Job) -> list[dict]:
    """As `parts.run_job`."""
    if job.detector is not None:
      return parts.run_job(job)
    with self._lock:
      try:
        if self._pool is None:
          stack = contextlib.ExitStack()
          self._pool = stack.enter_context(pools.processes(1))
          # Also at the end of the program, in order.
          weakref.finalize(self, stack.close)
        return self._pool.submit(parts.run_job, job).result()
      except concurrent.futures.process.BrokenProcessPool:
        self._pool = None
        return parts.alone(job)  # Not by chance, if it happens again.
