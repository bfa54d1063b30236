"""One line that tells how far a run is: losses, speed, time to go."""

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tqdm

_LOG = logging.getLogger(__name__)

# Rewritten in place; speed and time to go are ours, see `Progress.update`.
_BAR = '{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}'
_SECONDS = 60.0  # between lines of a log file


class Progress:
  """A bar on a terminal, elsewhere a line of the log now and then.

  Use as a context manager.
  """

  def __init__(
    self,
    name: str,
    *,
    start_step: int,
    num_steps: int,
    stream: Any = None,
    clock: Callable[[], float] = time.monotonic,
  ):
    """Shows the first state.

    Args:
      name: of what is trained.
      start_step: steps done before.
      num_steps: of the whole run.
      stream: where a bar goes if that is a terminal; None: stderr.
      clock: seconds.
    """
    self._name, self._clock = name, clock
    self._done, self._num_steps = start_step, num_steps
    stream = stream or sys.stderr
    self._bar = tqdm.tqdm(
      desc=name,
      initial=start_step,
      total=num_steps,
      bar_format=_BAR,
      file=stream,
      disable=not stream.isatty(),
    )
    self._first: tuple[float, int] | None = None
    self._told = clock()
    self._losses: dict[str, float] = {}
    self._now = ''

  def update(self, done: int) -> None:
    """So many steps are done.

    Time counts from the end of the first step on, which has compiled the
    program; evaluations count, as there will be more of them.
    """
    now = self._clock()
    self._first = self._first or (now, done)
    new, self._done = done - self._done, done
    self._bar.set_postfix_str(self._text(), refresh=False)
    self._bar.update(new)
    paced = done > self._first[1]
    if self._bar.disable and paced and now - self._told >= _SECONDS:
      self._told = now
      share = 100 * done / self._num_steps
      _LOG.info(
        '%s: %d of %d steps (%.0f %%), %s',
        *(self._name, done, self._num_steps, share, self._text()),
      )

  def show(self, row: Mapping[str, float]) -> None:
    """Takes losses from a row of metrics: every network's."""
    self._losses = {
      name.removeprefix('train/'): value
      for name, value in row.items()
      if name.startswith('train/') and name.endswith('_loss')
    }
    self._refresh()

  @contextlib.contextmanager
  def doing(self, what: str) -> Iterator[None]:
    """Says what keeps the steps waiting, such as 'evaluating'."""
    before, self._now = self._now, what
    self._refresh()
    if self._bar.disable:
      _LOG.info('%s: %s after %d steps', self._name, what, self._done)
    try:
      yield
    finally:
      self._now = before
      self._refresh()

  def _refresh(self) -> None:
    self._bar.set_postfix_str(self._text())

  def _text(self) -> str:
    parts = [f'{name} {value:.4g}' for name, value in self._losses.items()]
    if self._first and self._done > self._first[1]:
      start, first = self._first
      pace = (self._clock() - start) / (self._done - first)
      left = pace * (self._num_steps - self._done)
      parts.append(f'{pace:.3g} s/step')
      parts.append(f'{tqdm.tqdm.format_interval(left)} to go')
    if self._now:
      parts.append(f'{self._now} ...')
    return ', '.join(parts)

  def __enter__(self) -> 'Progress':
    return self

  def __exit__(self, *error: Any) -> None:
    self._bar.close()
