"""Lists of dubbing jobs, as CSV."""

import csv
import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lipsync_jax.inference import plans

# Columns of the CSV, and what turns their text into a value.
_COLUMNS: dict[str, Callable[[str], Any]] = {
  'video': str,
  'audio': str,
  'output': str,
  'speakers': lambda text: speakers(text.split(';')),
  'face': str,
  'fit': str,
  'keep_sound': float,
  'preview': float,
  'crf': int,
  'consent': str,
  'report': str,
}


@dataclasses.dataclass(frozen=True)
class Task:
  """A job, and where its report goes."""

  job: plans.Job
  report: str | None


def read(path: str, shared: Mapping[str, Any]) -> list[Task]:
  """The jobs of a file with a line for each.

  Args:
    path: of the CSV.
    shared: options of `plans.Job` where a line does not say others.

  Raises:
    ValueError: a line or a column makes no sense.
    OSError: it cannot be read.
  """
  with open(path, newline='', encoding='utf-8-sig') as file:
    reader = csv.DictReader(file)
    unknown = set(reader.fieldnames or ()) - set(_COLUMNS)
    if unknown:
      raise ValueError(
        f'{path}: unknown column {", ".join(sorted(unknown))}; known are '
        f'{", ".join(_COLUMNS)}.'
      )
    try:
      tasks = [
        _row(row, shared, f'{path}, line {reader.line_num}') for row in reader
      ]
    except csv.Error as error:
      raise ValueError(f'{path}, line {reader.line_num}: {error}.') from error
  if not tasks:
    raise ValueError(f'{path}: holds no job.')
  outputs = [str(pathlib.Path(task.job.output).absolute()) for task in tasks]
  for output in outputs:
    if outputs.count(output) > 1:
      raise ValueError(f'{path}: two jobs write {output}.')
  return tasks


def _row(row: Mapping[str, Any], shared: Mapping[str, Any], where: str) -> Task:
  values = {}
  for name, text in row.items():
    if text:
      try:
        values[name] = _COLUMNS[name](text.strip())
      except (KeyError, ValueError, AttributeError) as error:
        what = f'{where}: {name or "too many columns"}: {error}'
        raise ValueError(what) from error
  for name in ('video', 'output'):
    if name not in values:
      raise ValueError(f'{where}: {name} is missing.')
  report = values.pop('report', None)
  try:
    job = plans.Job(**{'audio': None} | dict(shared) | values)
    job.check()
    return task(job, report)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from error


def speakers(texts: Sequence[str]) -> dict[int, str]:
  """'0=a.wav' and so on.

  Raises:
    ValueError: it reads otherwise, or names a face twice.
  """
  found = {}
  for text in texts:
    number, equals, path = text.partition('=')
    if not equals or not number.strip().isdigit() or not path:
      raise ValueError(f'--speaker {text}: write it as 0=sound.wav.')
    if int(number) in found:
      raise ValueError(f'--speaker {text}: face {int(number)} has a sound.')
    found[int(number)] = path
  return found


def task(job: plans.Job, report: str | None) -> Task:
  """A job with its report.

  Raises:
    ValueError: the report cannot go there.
  """
  if report:
    path = pathlib.Path(report).absolute()
    if not path.parent.is_dir():
      raise ValueError(f'report: there is no folder for {report}.')
    others = [job.video, job.output, *filter(None, job.sounds)]
    if path.is_dir() or path in [pathlib.Path(p).absolute() for p in others]:
      raise ValueError(f'report: {report} is something else; choose a name.')
  return Task(job, report)
