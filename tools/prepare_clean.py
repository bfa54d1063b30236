"""The part of tools.prepare that cleans a data set."""

import argparse

from input_pipeline import clean, clean_report, manifest
from tools import experts

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
  judge, about = experts.load(arguments.expert)
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
