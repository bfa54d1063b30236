"""A sweep's YAML file. The only file that knows PyYAML."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from lipsync_jax.sweeps import parameters as parameters_lib

METHODS = ('grid', 'random', 'bayes')
GOALS = ('minimize', 'maximize')
# What W&B runs where a file names no command.
_COMMAND = ('${env}', '${interpreter}', '${program}', '${args}')


@dataclasses.dataclass(frozen=True)
class Sweep:
  """What is tried, and what decides.

  Attributes:
    method: one of METHODS.
    metric: name in metrics.jsonl, such as 'val/l1'.
    goal: one of GOALS.
    parameters: as in the file, by name.
    command: words, with macros such as '${args}'.
    program: what '${program}' stands for.
    count: trials at most; None: the file does not say.
  """

  method: str
  metric: str
  goal: str
  parameters: Mapping[str, Any]
  command: Sequence[str]
  program: str
  count: int | None


def read(path: str | pathlib.Path) -> Sweep:
  """Reads the YAML file of a sweep.

  Raises:
    FileNotFoundError: there is none.
    ValueError: it is no YAML, or a field of it is missing or wrong.
  """
  try:
    found = yaml.safe_load(pathlib.Path(path).read_text())
  except FileNotFoundError as error:
    raise FileNotFoundError(f'There is no sweep file {path}.') from error
  except (yaml.YAMLError, UnicodeDecodeError) as error:
    raise ValueError(
      f'{path} is no YAML: {" ".join(str(error).split())}.'
    ) from error
  try:
    return _checked(found)
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from error


def _checked(found: Any) -> Sweep:
  if not isinstance(found, dict) or 'parameters' not in found:
    raise ValueError('a sweep has method, metric and parameters.')
  metric = found.get('metric')
  if not isinstance(metric, dict) or 'name' not in metric:
    raise ValueError('metric is missing, such as {name: val/l1}.')
  goal = metric.get('goal', 'minimize')
  method = found.get('method')
  for name, value, known in (
    ('method', method, METHODS),
    ('goal', goal, GOALS),
  ):
    if value not in known:
      raise ValueError(f'{name} is {value!r}: choose of {", ".join(known)}.')
  command = found.get('command') or list(_COMMAND)
  if not isinstance(command, list):
    raise ValueError('command is no list of words.')
  count = found.get('run_cap')
  if count is not None and (not isinstance(count, int) or count < 1):
    raise ValueError(f'run_cap is {count!r}: a number of trials.')
  parameters_lib.check(found['parameters'])
  return Sweep(
    method=method,
    metric=str(metric['name']),
    goal=goal,
    parameters=found['parameters'],
    command=[str(word) for word in command],
    program=str(found.get('program', '')),
    count=count,
  )
