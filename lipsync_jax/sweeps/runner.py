"""Runs the trials of a sweep, some at a time."""

import contextlib
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lipsync_jax.sweeps import commands, description, folder
from lipsync_jax.sweeps import trials as trials_lib

_POLL = 0.2  # seconds between looks at what runs
LOG_NAME = 'log.txt'
# Nobody is at the other end of a sweep that runs here.
_ONLINE, _DISABLED = (
  '--config.wandb.mode=online',
  '--config.wandb.mode=disabled',
)


class Sweeper:
  """One sweep at work in its folder."""

  def __init__(
    self,
    sweep: description.Sweep,
    trials: Sequence[trials_lib.Trial],
    output: pathlib.Path,
    *,
    words: Sequence[str] = (),
    jobs: int = 1,
    say: Callable[[str], None] = print,
  ):
    """Prepares it.

    Args:
      sweep: what is tried.
      trials: see `trials.plan`.
      output: their folder.
      words: put after the words of each command.
      jobs: how many run at a time.
      say: takes lines about what happens.
    """
    self._sweep, self._trials, self._output = sweep, trials, output
    self._words, self._jobs, self._say = list(words), jobs, say
    self._running: dict[subprocess.Popen, tuple[trials_lib.Trial, float]] = {}

  def run(self, *, retry: bool = False) -> None:
    """Tries what was not finished before.

    Args:
      retry: what failed before, too.

    Raises:
      OSError: a folder cannot be written, or there is no such program.
      ValueError: another sweep, or a trial of it, is at work there.
      KeyboardInterrupt: it was stopped, and so were its trials.
    """
    done = {trials_lib.FINISHED} | (set() if retry else {trials_lib.FAILED})
    waiting = [trial for trial in self._trials if trial.state not in done]
    known = len(self._trials) - len(waiting)
    if known:
      self._say(f'{known} of {len(self._trials)} trials are done already.')
    with folder.hold(self._output) as lock, _terminated_as_interrupted():
      try:
        while waiting or self._running:
          while waiting and len(self._running) < self._jobs:
            self._start(waiting.pop(0), lock)
          self._collect()
          time.sleep(_POLL)
      except BaseException:
        self._stop()
        raise
      finally:
        trials_lib.write_results(self._output, self._trials)

  def command(self, trial: trials_lib.Trial) -> list[str]:
    """The words that run a trial; later ones win over earlier ones."""
    words = commands.build(
      self._sweep.command, self._sweep.program, trial.parameters
    )
    silent = [_DISABLED] if _ONLINE in words else []
    return [*words, *silent, *self._words, f'--workdir={trial.folder}']

  def _start(self, trial: trials_lib.Trial, lock: Any) -> None:
    words = self.command(trial)
    trial.state, trial.reason = 'running', ''
    trial.save()
    given = ' '.join(f'{k}={v}' for k, v in trial.parameters.items())
    self._say(f'trial {trial.folder.name}: {given}')
    with (trial.folder / LOG_NAME).open('a') as log:
      print('$', *words, file=log, flush=True)
      process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # Ctrl-C reaches us alone; we tell them once.
        start_new_session=True,
        # Held as long as a trial is at work, whatever becomes of us.
        pass_fds=[lock.fileno()],
      )
    self._running[process] = trial, time.monotonic()

  def _collect(self) -> None:
    for process in [p for p in self._running if p.poll() is not None]:
      trial, started = self._running.pop(process)
      trial.exit_code = process.returncode
      trial.seconds += time.monotonic() - started
      trial.state = _state(process.returncode)
      trial.judge(self._sweep.metric, self._sweep.goal)
      line = f'trial {trial.folder.name} {trial.state}'
      if trial.state == trials_lib.FAILED:
        trial.reason = _reason(trial)
        line += f': {trial.reason} (see {trial.folder / LOG_NAME})'
      elif trial.metric is not None:
        line += f': {self._sweep.metric} {trial.metric:.5g} at {trial.step}'
      else:
        line += f', but it has written no {self._sweep.metric}'
      trial.save()
      self._say(line)

  def _stop(self) -> None:
    """Trials save what they have, if they know how to; asked again, they go."""
    if not self._running:
      return
    self._say(
      f'Stopping {len(self._running)} trials; they save what they have.'
    )
    for process in self._running:
      process.send_signal(signal.SIGTERM)
    try:
      for process in self._running:
        process.wait()
    except KeyboardInterrupt:
      for process in self._running:
        process.kill()
        process.wait()
    self._collect()


def _state(code: int) -> str:
  if not code:
    return trials_lib.FINISHED
  # Killed by others, or ended by itself as programs do that saved after that.
  # A crash (SIGSEGV, SIGABRT) would come again.
  by_others = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP)
  if -code in by_others or code - 128 in by_others:
    return trials_lib.STOPPED
  return trials_lib.FAILED


def _reason(trial: trials_lib.Trial) -> str:
  """The last line that a trial said."""
  text = (trial.folder / LOG_NAME).read_text(errors='replace')
  said = [line for line in text.splitlines() if line.strip()]
  return (
    said[-1].strip().removeprefix('error: ') if said[1:] else 'said nothing'
  )


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
  """SIGTERM stops a sweep as Ctrl-C does."""
  if threading.current_thread() is not threading.main_thread():
    yield
    return

  def interrupt(number, frame):
    raise KeyboardInterrupt

  old = signal.signal(signal.SIGTERM, interrupt)
  try:
    yield
  finally:
    signal.signal(signal.SIGTERM, old)
