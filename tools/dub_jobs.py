"""The jobs of one call of tools.dub: one from options, or many from a CSV."""

import argparse
import csv
import dataclasses
import pathlib
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tqdm

from input_pipeline import media
from lipsync_jax.inference import dub, fingerprint, plans, segments
from tools import dub_words

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


def read(options: argparse.Namespace) -> list[Task]:
  """The jobs that parsed options ask for.

  Raises:
    ValueError: something is missing or makes no sense.
    OSError: the CSV cannot be read.
  """
  if not options.checkpoint and not options.dry_run:
    raise ValueError('--checkpoint: give the folder of a trained generator.')
  shared = {
    'face': options.face,
    'fit': options.fit,
    'keep_sound': options.keep_audio_of_video,
    'preview': options.preview,
    'batch_size': options.batch_size,
    'reference': options.reference,
    'detect_every': options.detect_every,
    'crf': options.crf,
    'consent': options.consent,
  }
  if options.jobs:
    if options.video or options.audio or options.output or options.speaker:
      raise ValueError('--jobs says it all: no --video, --audio, --output.')
    if options.report:
      raise ValueError('--report is of one video; --jobs has a column for it.')
    return _rows(options.jobs, shared)
  if not options.video or not options.output:
    raise ValueError('Give --video and --output, or --jobs.')
  if bool(options.audio) == bool(options.speaker):
    raise ValueError('Give --audio, or --speaker N=SOUND for each face.')
  job = plans.Job(
    options.video,
    options.audio,
    options.output,
    speakers=speakers(options.speaker) if options.speaker else None,
    **shared,
  )
  return [_task(job, options.report)]


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


def each(tasks: Sequence[Task], work: Callable[[Task], None]) -> int:
  """Does all tasks; one that fails does not stop the others.

  Returns:
    The exit code: 0, or 1 if a task of several failed, or what failed in the
    only one.
  """
  failed = 0
  for k, task in enumerate(tasks):
    if len(tasks) > 1:
      print(f'[{k + 1}/{len(tasks)}] {task.job.output}', flush=True)
    try:
      work(task)
    except (ValueError, FileNotFoundError) as error:
      print(f'error: {error}', file=sys.stderr)
      failed = 1 if isinstance(error, media.OutputError) else 2
    except Exception as error:  # of one job; the others are not its fault
      traceback.print_exc()
      print(f'error: {type(error).__name__}: {error}', file=sys.stderr)
      failed = 1
  return failed if len(tasks) == 1 else int(failed > 0)


def run(task: Task, tools: Mapping[str, Any]) -> None:
  """Dubs one video, with a progress bar, and says what was done."""
  job = task.job
  if tools['resume'] and _is_done(job, tools):
    print(f'{job.output}: done before.')
    return
  fields = {
    field.name: getattr(job, field.name) for field in dataclasses.fields(job)
  }
  with tqdm.tqdm(unit=' frames', disable=None, smoothing=0.1) as bar:

    def show(event: dub.Written) -> None:
      bar.total = max(event.total, event.index + 1)
      bar.update()

    found = dub.dub(on_frame=show, **fields, **tools)
  dub_words.report(found)
  if task.report:
    try:
      found.save(task.report)
    except OSError as error:
      raise media.OutputError(
        f'{task.report}: cannot be written: {error.strerror}. The video is '
        'done.'
      ) from error


def _is_done(job: plans.Job, tools: Mapping[str, Any]) -> bool:
  """Whether the output is there, whole, and of this very job."""
  # An output beside pieces is of a job before the broken one.
  if not pathlib.Path(job.output).exists() or segments.unfinished(job.output):
    return False
  job.check()
  names = ('generator', 'detector', 'enhancer', 'expert')
  identity = fingerprint.of(job, **{name: tools[name] for name in names})
  try:
    found = media.metadata(job.output).get(fingerprint.TAG)
  except media.MediaError:
    return False
  return found == fingerprint.tag(job, identity)


def _rows(path: str, shared: Mapping[str, Any]) -> list[Task]:
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
    return _task(job, report)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from error


def _task(job: plans.Job, report: str | None) -> Task:
  if report:
    path = pathlib.Path(report).absolute()
    if not path.parent.is_dir():
      raise ValueError(f'report: there is no folder for {report}.')
    others = [job.video, job.output, *filter(None, job.sounds)]
    if path.is_dir() or path in [pathlib.Path(p).absolute() for p in others]:
      raise ValueError(f'report: {report} is something else; choose a name.')
  return Task(job, report)
