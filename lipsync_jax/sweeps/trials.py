"""Trials of a sweep: their folders, and what became of them."""

import dataclasses
import itertools
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from input_pipeline import whole_file
from lipsync_jax import columns, metric_writer
from lipsync_jax.sweeps import description
from lipsync_jax.sweeps import parameters as parameters_lib

FINISHED, FAILED, STOPPED = 'finished', 'failed', 'stopped'
_NAME = 'trial.json'


@dataclasses.dataclass
class Trial:
  """One set of values, tried in a folder of its own.

  Attributes:
    folder: the workdir.
    index: in the sweep.
    parameters: values by name.
    state: '' before it was tried, 'running', FINISHED, FAILED, or STOPPED: it
      was saved, or killed, and goes on when the sweep is started again.
    exit_code: of the process.
    seconds: it took, with those before it was stopped.
    metric: the best value of the sweep's metric; None: there is none.
    step: at which it was.
    reason: why it failed, in one line.
  """

  folder: pathlib.Path
  index: int
  parameters: dict[str, Any]
  state: str = ''
  exit_code: int | None = None
  seconds: float = 0.0
  metric: float | None = None
  step: int | None = None
  reason: str = ''

  def row(self) -> dict[str, Any]:
    """As in results.jsonl."""
    return vars(self) | {'folder': str(self.folder)}

  def save(self) -> None:
    self.folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(self.row(), indent=2) + '\n'
    whole_file.write(self.folder / _NAME, text)

  def judge(self, metric: str, goal: str) -> None:
    """Finds its best value in the run's metrics."""
    values = [
      (row[metric], row['step'])
      for row in metric_writer.read(self.folder / 'metrics.jsonl')
      if isinstance(row.get(metric), int | float) and np.isfinite(row[metric])
    ]
    if values:
      best = {'minimize': min, 'maximize': max}[goal]
      value, self.step = best(values, key=lambda found: found[0])
      self.metric = float(value)


def plan(
  sweep: description.Sweep,
  output: pathlib.Path,
  *,
  method: str,
  count: int | None,
  seed: int,
) -> list[Trial]:
  """The trials of a sweep, with what is known of those tried before.

  Trial k is a function of (seed, k) alone: more of them leave the first ones
  as they were.

  Args:
    sweep: what is tried.
    output: a folder that gets one folder for each.
    method: 'grid' or 'random'.
    count: trials at most; None: all of a grid.
    seed: of what is drawn.

  Raises:
    ValueError: a grid of something that cannot be counted, or 'random' without
      a count.
  """
  if method == 'grid':
    found = itertools.islice(parameters_lib.grid(sweep.parameters), count)
  elif count is None:
    raise ValueError('How many trials are to be drawn? Give --count.')
  else:
    found = (
      parameters_lib.draw(sweep.parameters, np.random.default_rng([seed, k]))
      for k in range(count)
    )
  return [
    _known(output / f'{k:04d}', k, values) for k, values in enumerate(found)
  ]


def _known(folder: pathlib.Path, index: int, values: dict[str, Any]) -> Trial:
  trial = Trial(folder, index, values)
  try:
    saved = json.loads((folder / _NAME).read_text())
    return dataclasses.replace(
      trial,
      **{name: saved[name] for name in ('state', 'exit_code', 'seconds')},
      **{name: saved[name] for name in ('metric', 'step', 'reason')},
    )
  except (OSError, ValueError, LookupError, TypeError):
    return trial  # it was not tried, or killed before it began


def ranked(trials: Sequence[Trial], goal: str) -> list[Trial]:
  """Best first; those without a value last."""
  sign = {'minimize': 1, 'maximize': -1}[goal]

  def key(trial):
    value = trial.metric
    return math.inf if value is None else sign * value

  return sorted(trials, key=key)


def write_results(output: pathlib.Path, trials: Sequence[Trial]) -> None:
  """results.jsonl: a row for each trial."""
  rows = [json.dumps(trial.row()) + '\n' for trial in trials]
  whole_file.write(output / 'results.jsonl', ''.join(rows))


def table(trials: Sequence[Trial], sweep: description.Sweep) -> str:
  """Best first, one line each; without parameters that are alike in all."""
  names = [
    name
    for name in sweep.parameters
    if len({repr(trial.parameters[name]) for trial in trials}) > 1
  ]
  rows = [['trial', 'state', sweep.metric, 'at step', *map(_short, names)]]
  for trial in ranked(trials, sweep.goal):
    rows.append(
      [
        trial.folder.name,
        trial.state or 'not tried',
        '-' if trial.metric is None else f'{trial.metric:.5g}',
        '-' if trial.step is None else str(trial.step),
        *(_value(trial.parameters[name]) for name in names),
      ]
    )
  return columns.aligned(rows)


def _short(name: str) -> str:
  return name.removeprefix('config.')


def _value(value: Any) -> str:
  return f'{value:.4g}' if isinstance(value, float) else str(value)
