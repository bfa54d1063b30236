"""The jobs of one call of tools.dub, from its options, and doing them."""

import argparse
import dataclasses
import pathlib
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tqdm

from input_pipeline import media
from lipsync_jax.inference import dub, fingerprint, plans, segments
from tools import dub_list, dub_words


def read(options: argparse.Namespace) -> list[dub_list.Task]:
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
    return dub_list.read(options.jobs, shared)
  if not options.video or not options.output:
    raise ValueError('Give --video and --output, or --jobs.')
  if bool(options.audio) == bool(options.speaker):
    raise ValueError('Give --audio, or --speaker N=SOUND for each face.')
  job = plans.Job(
    options.video,
    options.audio,
    options.output,
    speakers=dub_list.speakers(options.speaker) if options.speaker else None,
    **shared,
  )
  return [dub_list.task(job, options.report)]


def each(
  tasks: Sequence[dub_list.Task], work: Callable[[dub_list.Task], None]
) -> int:
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


def run(task: dub_list.Task, tools: Mapping[str, Any]) -> None:
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
