"""What runs there are, how far they are, and whether they still run."""

import dataclasses
import datetime
import json
import os
import pathlib
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from lipsync_jax import metric_writer
from lipsync_jax.training import folder

METRICS = 'metrics.jsonl'
# Folders of a run; there are no runs below them.
_PARTS = ('checkpoints', 'samples', 'tensorboard', 'wandb', 'profile')
RUNNING, FINISHED = 'running', 'finished'
STOPPED, KILLED = 'stopped (resumable)', 'killed (resumable)'
_RECENT = 20  # rows whose speed is told


@dataclasses.dataclass(frozen=True)
class Run:
  """What is known of a run; None: not known.

  Attributes:
    workdir: its folder.
    task: what is trained.
    state: 'running', 'finished', 'failed', STOPPED or KILLED; with the host's
      name if that is another one.
    step, num_steps: done and to do.
    metric: name of the metric that decides.
    best, best_step: its best value, and where.
    examples_per_second, seconds_per_step: median of the newest rows.
    seconds_left: to the end, of one that runs; evaluations are not counted.
    written: when it last wrote, ISO 8601.
    error: why it failed.
  """

  workdir: str
  task: str | None = None
  state: str = STOPPED
  step: int = 0
  num_steps: int | None = None
  metric: str | None = None
  best: float | None = None
  best_step: int | None = None
  examples_per_second: float | None = None
  seconds_per_step: float | None = None
  seconds_left: float | None = None
  written: str | None = None
  error: str | None = None


def find(paths: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
  """Workdirs in and below folders, by name.

  Raises:
    FileNotFoundError: there is no such folder.
  """
  for path in paths:
    if not path.is_dir():
      raise FileNotFoundError(f'There is no folder {path}.')
    for place, folders, files in os.walk(path):
      if 'run.json' in files or METRICS in files:
        yield pathlib.Path(place)
        folders[:] = [name for name in folders if name not in _PARTS]
      folders.sort()


def read(workdir: pathlib.Path) -> Run:
  """What is to be told of a run. Broken and missing files tell nothing."""
  config, about = _json(workdir / 'config.json'), folder.read(workdir)
  rows = _rows(workdir)
  step = max([_whole(about.get('step')), *(_whole(r['step']) for r in rows)])
  num_steps = about.get('num_steps') or config.get('num_steps')
  speed = {
    name: _median(rows, f'time/{name}')
    for name in ('examples_per_second', 'seconds_per_step')
  }
  state, left = _state(about, step, num_steps), None
  if state.startswith(RUNNING) and num_steps and speed['seconds_per_step']:
    left = (num_steps - step) * speed['seconds_per_step']
  return Run(
    workdir=str(workdir),
    task=config.get('task'),
    state=state,
    step=step,
    num_steps=num_steps,
    **_best(rows, config),
    **speed,
    seconds_left=left,
    written=_written(workdir),
    error=about.get('error') if state == 'failed' else None,
  )


def _json(path: pathlib.Path) -> dict[str, Any]:
  try:
    found = json.loads(path.read_text())
  except (OSError, ValueError):
    return {}
  return found if isinstance(found, dict) else {}


def _rows(workdir: pathlib.Path) -> list[dict[str, Any]]:
  try:
    return metric_writer.read(workdir / METRICS)
  except OSError:
    return []


def _whole(value: Any) -> int:
  return int(value) if isinstance(value, int | float) else 0


def _numbers(rows: Sequence[dict[str, Any]], name: str) -> list[tuple]:
  """(value, step) of the rows that have a number there."""
  return [
    (float(row[name]), _whole(row['step']))
    for row in rows
    if isinstance(row.get(name), int | float) and np.isfinite(row[name])
  ]


def _median(rows: Sequence[dict[str, Any]], name: str) -> float | None:
  values = [value for value, _ in _numbers(rows, name)]
  # The first row has compiled.
  values = values[1:][-_RECENT:] or values
  return float(np.median(values)) if values else None


def _best(rows: Sequence[dict[str, Any]], config: dict[str, Any]) -> dict:
  name = config.get('best_metric')
  if not name:
    return {}
  found = _numbers(rows, f'val/{name}')
  if not found:
    return {'metric': f'val/{name}'}
  choose = max if config.get('best_mode') == 'max' else min
  value, step = choose(found, key=lambda row: row[0])
  return {'metric': f'val/{name}', 'best': value, 'best_step': step}


def _state(about: dict[str, Any], step: int, num_steps: int | None) -> str:
  state = about.get('state')
  if state == RUNNING:
    if about.get('host') != socket.gethostname():
      # Nobody here can tell: `written` beside it says since when it is silent.
      return f'{RUNNING} on {about.get("host")}?'
    return RUNNING if _lives(about) else KILLED
  if state in (FINISHED, 'failed'):
    return state
  if state is None and num_steps and step >= num_steps:
    return FINISHED  # of a time when runs did not say it
  return STOPPED


def _lives(about: dict[str, Any]) -> bool:
  """Whether the process that began this start of the run is still there."""
  pid = about.get('pid')
  try:
    os.kill(pid, 0)
  except PermissionError:
    return True  # somebody else's
  except (OSError, TypeError, OverflowError):
    return False
  try:
    begun = datetime.datetime.fromisoformat(about['started']).timestamp()
    return _born(pid) <= begun + 2  # it is told in whole seconds
  except (OSError, LookupError, TypeError, ValueError):
    return True


def _born(pid: int) -> float:
  """When a process was begun; numbers are given again, in containers soon.

  Raises:
    OSError: this system does not tell.
  """
  stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
  ticks = int(stat.rpartition(')')[2].split()[19])
  lines = pathlib.Path('/proc/stat').read_text().splitlines()
  (boot,) = (line.split()[1] for line in lines if line.startswith('btime'))
  return int(boot) + ticks / os.sysconf('SC_CLK_TCK')


def _written(workdir: pathlib.Path) -> str | None:
  times = []
  for name in (METRICS, 'run.json'):
    try:
      times.append((workdir / name).stat().st_mtime)
    except OSError:
      continue
  if not times:
    return None
  when = datetime.datetime.fromtimestamp(max(times)).astimezone()
  return when.isoformat(timespec='seconds')
