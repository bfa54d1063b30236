"""Experts read as syncnet_python reads its own: options, notes, files."""

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from input_pipeline import faces, run_pipeline, whole_file
from lipsync_jax.metrics import syncnet_python
from tools import detectors


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--vshift, --no-jpeg, --min-track and --min-face."""
  add = parser.add_argument
  add(
    '--vshift',
    type=int,
    default=syncnet_python.MAX_OFFSET,
    metavar='K',
    help='compare sounds up to K frames away (default %(default)s)',
  )
  add(
    '--no-jpeg',
    action='store_true',
    help='judge frames as they are; the original reads them back from JPEG '
    'files of 200 kb/s',
  )
  rules = run_pipeline.Rules()
  add(
    '--min-track',
    type=int,
    default=rules.min_track,
    metavar='N',
    help='a face track has more detections (default %(default)s: 4 s)',
  )
  add(
    '--min-face',
    type=float,
    default=rules.min_face,
    metavar='PIXELS',
    help='its faces are larger (default %(default)g)',
  )


def check(options: argparse.Namespace) -> None:
  """Says early what makes no sense.

  Raises:
    ValueError: a number is out of range.
  """
  if options.vshift < 1:
    raise ValueError(f'--vshift {options.vshift}: choose 1 or more.')
  if options.min_track < 1:
    raise ValueError(f'--min-track {options.min_track}: choose 1 or more.')


def rules(options: argparse.Namespace) -> run_pipeline.Rules:
  return run_pipeline.Rules(
    min_track=options.min_track, min_face=options.min_face
  )


def detector(options: argparse.Namespace) -> faces.Detector:
  """The detector that --detector asks for, at the original's scale."""
  return detectors.make(options, max_side=None)


def load(run: str) -> tuple[Any, dict[str, Any]]:
  """A judge, and what files say of it.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import compilation_cache
  from lipsync_jax.judging import lse, lse_names, scorer

  compilation_cache.enable()
  judge = lse.load(run)
  about = scorer.describe(run, judge) | {
    'published_syncnet_v2': lse_names.is_published(judge.description),
    'source_digests': judge.description['data'].get('source_digests'),
    'image_size': judge.image_size,
    'hears': judge.sound,
  }
  print(
    f'Expert: {run}, step {about["step"]}, trained by {about["objective"]}; '
    f'sees {judge.image_size} px, hears {judge.sound}.'
  )
  return judge, about


def say_notes(judge: Any, found_by: faces.Detector | None) -> list[str]:
  """Prints and returns what a reader of the numbers must know.

  Args:
    judge: from `load`.
    found_by: the detector of the crops; None: whole frames are shown.
  """
  from lipsync_jax.judging import lse_names

  notes = lse_names.notes(judge)
  if found_by is not None and found_by.name != 's3fd':
    notes.append(
      f'The boxes are those of {found_by.name}, not of the S3FD of the '
      'original: numbers differ. --detector s3fd --s3fd DIR takes that.'
    )
  for note in notes:
    print(f'Note: {note}')
  return notes


def row(
  clip: Any, names: tuple[str, str], *, curve: bool = False
) -> dict[str, Any]:
  """A `lse.Clip` as files have it.

  Args:
    clip: what was read.
    names: of the least distance and of the confidence.
    curve: with the distances by offset and the confidence of every frame.
  """
  found = clip.reading
  content = {
    'offset': found.offset,
    names[0]: found.distance,
    names[1]: found.confidence,
    'distance_at_0': found.at_zero,
    'frames': clip.frames,
    'seconds_of_sound': clip.samples / 16_000,
    'windows': clip.windows,
  }
  if curve:
    content |= {
      'mean_distances': found.curve.tolist(),
      'confidence_per_frame': found.per_frame.tolist(),
    }
  return content


def write_csv(path: str, rows: Sequence[Mapping[str, Any]]) -> None:
  """The columns are all keys of the rows, in order."""
  columns = list(dict.fromkeys(key for each in rows for key in each))
  text = io.StringIO()
  writer = csv.DictWriter(text, columns, lineterminator='\n')
  writer.writeheader()
  writer.writerows(rows)
  whole_file.write(path, text.getvalue())
