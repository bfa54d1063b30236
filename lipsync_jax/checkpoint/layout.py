"""Where checkpoints lie in a run folder, and how they are named."""

import contextlib
import logging
import math
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

FOLDER = 'checkpoints'
# Beside it, for checkpoints that are not as they were written.
DAMAGED = 'damaged'
# Readers must name steps as the writer did, or orbax finds none.
FORMAT = {'step_format_fixed_length': 8}


def name(step: int) -> str:
  """Of the folder of a step."""
  return f'{step:0{FORMAT["step_format_fixed_length"]}d}'


def away(checkpoints: pathlib.Path) -> pathlib.Path:
  """Where a step lies while it is saved anew."""
  return checkpoints.parent / '.checkpoints_replaced'


def metric(name: str, mode: str) -> Callable[[Mapping[str, Any]], float]:
  """What checkpoints are ranked by; without that number, they come last."""
  worst = math.inf if mode == 'min' else -math.inf

  def value(metrics):
    found = metrics.get(name)
    return worst if found is None or math.isnan(found) else found

  return value


def set_aside(folder: pathlib.Path) -> None:
  """Moves the folder of a step out of the way; what lies there stays."""
  place = folder.parent.parent / DAMAGED
  place.mkdir(exist_ok=True)
  taken = len(list(place.glob(f'{folder.name}*')))
  os.rename(folder, place / f'{folder.name}{f".{taken}" if taken else ""}')


class CheckpointError(ValueError):
  """A checkpoint that is missing or does not fit, with what to do."""


@contextlib.contextmanager
def quiet():
  """Orbax tells of every file, and warns of what is meant; errors only here."""
  absl = logging.getLogger('absl')
  level = absl.level
  absl.setLevel(logging.ERROR)
  try:
    yield
  finally:
    absl.setLevel(level)


def line(error: BaseException) -> str:
  """The cause of an error in a line: the system's words where it has any."""
  cause: BaseException | None = error
  while cause is not None:
    if isinstance(cause, OSError) and cause.errno:
      return os.strerror(cause.errno)
    cause = cause.__cause__ or cause.__context__
  lines = str(error).strip().splitlines() or [type(error).__name__]
  return lines[0][:200]
