"""The part of tools.prepare that cleans a data set."""

import argparse
import logging
import os

from input_pipeline import clean, clean_report, manifest

# Destinations of the options that only this part takes.
OPTIONS = frozenset({'clean', 'expert', 'min_confidence', 'max_offset'})


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--expert, --min-confidence and --max-offset."""
  group = parser.add_argument_group('of --clean')
  add = group.add_argument
  add('--expert', metavar='RUN', help='run folder of the expert that measures')
  add(
    '--min-confidence',
    type=float,
    metavar='X',
    help='drop training records of less; none: print how they are spread',
  )
  add(
    '--max-offset',
    type=float,
    default=clean.Thresholds.max_offset,
    metavar='FRAMES',
    help='drop those further out of sync, either way (default %(default)s)',
  )


def run(arguments: argparse.Namespace) -> int:
  """Cleans, or prints how confidences are spread.

  Raises:
    ValueError, OSError: see `clean.clean` and `measure.load`.
  """
  # orbax tells much through absl.
  logging.getLogger('absl').setLevel(logging.ERROR)
  # Here, so that preparing does not wait for JAX.
  from lipsync_jax import compilation_cache, measure

  compilation_cache.enable()
  judge = measure.load(arguments.expert)
  about = {
    'run': os.fspath(arguments.expert),
    'step': judge.description['step'],
    'objective': judge.description['objective'],
  }
  print(
    f'Expert: {about["run"]}, step {about["step"]}, trained by '
    f'{about["objective"]}.'
  )
  if arguments.min_confidence is None:
    scores = clean.measure(arguments.clean, judge.score)
    print(clean_report.distribution(scores))
    print('Nothing was written; choose --min-confidence, and give --output.')
    return 0
  rows = clean.clean(
    arguments.clean,
    arguments.output,
    judge.score,
    clean.Thresholds(arguments.min_confidence, arguments.max_offset),
    about=about,
    overwrite=arguments.overwrite,
  )
  print(clean_report.summary(rows))
  print(manifest.summary(rows))
  print(f'Written to {arguments.output}; every record: {manifest.NAME}')
  return 0
