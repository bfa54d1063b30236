"""Dubbings one after another, in a thread that the page looks in on."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import logging
import pathlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from lipsync_jax.inference import dub, report
from lipsync_jax.page import orders

_log = logging.getLogger(__name__)

# Seconds over which the speed is measured: long enough for whole batches.
_WINDOW = 6.0
_LEAST = 1.0

# As `dub.events` with its generator and detector given.
Engine = Callable[..., Iterator]


@dataclasses.dataclass(frozen=True, eq=False)
class Progress:
  """How far a job is.

  Attributes:
    state: 'waiting', 'running', 'cancelling', 'cancelled', 'failed' or 'done'.
    written, total: frames of the output; total is 0 until the first is done.
    fps: frames per second of late; 0 while unknown.
    image: the newest frame, uint8 RGB [h, w, 3], or None.
  """

  state: str
  written: int = 0
  total: int = 0
  fps: float = 0.0
  image: np.ndarray | None = None

  @property
  def seconds_left(self) -> float | None:
    return (self.total - self.written) / self.fps if self.fps else None


class Job:
  """One dubbing.

  Attributes:
    order: what was asked for.
    output: the file, there when `report` is, in a folder of its own.
    report: once it is done.
    error: one line once it has failed.
  """

  def __init__(self, order: orders.Order, output: pathlib.Path):
    self.order = order
    self.output = output
    self.report: report.Report | None = None
    self.error: str | None = None
    self._began = False
    self._cancelled = threading.Event()
    self._over = threading.Event()
    self._last: dub.Written | None = None
    self._times: collections.deque[tuple[float, int]] = collections.deque()

  def cancel(self) -> None:
    """Stops it after the frame in hand; its folder goes."""
    self._cancelled.set()

  def wait(self, seconds: float | None = None) -> bool:
    """Waits for the end; returns whether it has come."""
    return self._over.wait(seconds)

  def progress(self) -> Progress:
    last = self._last
    if last is None:
      return Progress(self._state())
    fps = self._speed()
    return Progress(self._state(), last.index + 1, last.total, fps, last.image)

  def run(self, engine: Engine) -> None:
    """Does it, in the thread of the caller; raises nothing."""
    self._began = True
    try:
      if not self._cancelled.is_set():
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self._run(engine)
    except ValueError as error:  # MediaError is one
      self.error = self.order.plain(str(error))
    except Exception:
      _log.exception('A job failed: %s', self.order)
      self.error = (
        'Something went wrong. It is not your fault, and it has been noted in '
        'the log. Another file or another try may work.'
      )
    finally:
      if self.report is None:  # also pieces that a resumed job would use
        shutil.rmtree(self.output.parent, ignore_errors=True)
      self._over.set()

  def _run(self, engine: Engine) -> None:
    order = self.order
    with contextlib.closing(
      engine(order.video, order.audio, self.output, **order.options())
    ) as events:
      for event in events:
        if isinstance(event, report.Report):
          self.report = self.order.named(event)
        elif isinstance(event, dub.Written):
          self._note(event)
        if self._cancelled.is_set() and self.report is None:
          return

  def _note(self, event: dub.Written) -> None:
    now = time.monotonic()
    self._times.append((now, event.index))
    while now - self._times[0][0] > _WINDOW:
      self._times.popleft()
    self._last = event

  def _speed(self) -> float:
    times = list(self._times)
    if not times:
      return 0.0
    (begin, first), (_, last) = times[0], times[-1]
    # Until now, not until the last frame: a job that hangs becomes slow.
    passed = time.monotonic() - begin
    return (last - first) / passed if passed >= _LEAST else 0.0

  def _state(self) -> str:
    if self._over.is_set():
      if self.error:
        return 'failed'
      return 'done' if self.report else 'cancelled'
    if self._cancelled.is_set():
      return 'cancelling'
    return 'running' if self._began else 'waiting'


class BusyError(ValueError):
  """Too many jobs are waiting."""


class Worker:
  """One job at a time, in the order they came."""

  def __init__(self, engine: Engine, *, most: int = 8):
    self._engine = engine
    self._most = most
    self._line: list[Job] = []
    self._lock = threading.Lock()
    self._pool = concurrent.futures.ThreadPoolExecutor(1, 'dubbing')

  def submit(self, job: Job) -> None:
    """Puts a job at the end of the line.

    Raises:
      BusyError: the line is full.
    """
    with self._lock:
      if len(self._line) >= self._most:
        raise BusyError(
          f'{len(self._line)} dubbings are waiting already; please try again '
          'in a few minutes.'
        )
      self._line.append(job)
    self._pool.submit(self._run, job)

  def ahead(self, job: Job) -> int:
    """How many jobs come before this one."""
    with self._lock:
      return self._line.index(job) if job in self._line else 0

  def close(self) -> None:
    """Cancels everything and waits for the thread."""
    with self._lock:
      for job in self._line:
        job.cancel()
    self._pool.shutdown()

  def _run(self, job: Job) -> None:
    try:
      job.run(self._engine)
    finally:
      with self._lock:
        self._line.remove(job)
