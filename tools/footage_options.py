"""What the footage is, as the commands that prepare it ask."""

import argparse

from input_pipeline.preparation import layouts, sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--layout, --split, --validation-fraction, --speaker-from and --licence."""
  add = parser.add_argument
  add(
    '--layout',
    choices=tuple(layouts.LAYOUTS),
    default='plain',
    help='how the folder is arranged; decides speakers, splits and licence',
  )
  add(
    '--split',
    choices=('auto', 'train', 'validation', 'test'),
    default='auto',
    help='put all videos into one split',
  )
  add(
    '--validation-fraction',
    type=float,
    default=0.1,
    metavar='F',
    help='of the speakers (default %(default)s)',
  )
  add(
    '--speaker-from',
    choices=('parent', 'file'),
    default='parent',
    help='what names the speaker (default: the parent folder)',
  )
  add(
    '--licence', metavar='TEXT', help="of the footage (default: the layout's)"
  )


def find(arguments: argparse.Namespace) -> list[sources.Source]:
  """The clips that parsed arguments and --videos name.

  Raises:
    ValueError, FileNotFoundError: see `sources.find`.
  """
  return sources.find(
    arguments.videos,
    layout=arguments.layout,
    speaker_from=arguments.speaker_from,
    licence=arguments.licence,
    split=arguments.split,
  )
