"""What the footage is, as the commands that prepare it ask."""

import argparse
from collections.abc import Sequence

from input_pipeline import manifest, tracks
from input_pipeline.preparation import frame_folders, layouts, sources
from input_pipeline.report import page
from tools import detectors


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--videos, --output, --expert, --layout and all else that both take."""
  add = parser.add_argument
  add(
    '--videos',
    metavar='DIR_OR_LIST',
    help='folder, searched in depth, or a text file with one path per line, '
    'relative to its folder (# begins a comment)',
  )
  add('--output', metavar='DIR', help='data set to make')
  add('--overwrite', action='store_true', help='replace OUTPUT')
  add(
    '--expert',
    metavar='RUN',
    help='run folder of the expert that measures sync (configs/expert.py or '
    'tools.convert_checkpoint)',
  )
  add(
    '--help-config',
    action='store_true',
    help='show every --config.FIELD=VALUE and end',
  )
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
  detectors.add_arguments(parser)


def face_crop(arguments: argparse.Namespace) -> str:
  """The convention of the faces that will be cut, or were."""
  imported = arguments.layout == 'wav2lip'
  return frame_folders.FACE_CROP if imported else tracks.FACE_CROP


def say(rows: Sequence[dict], output: str) -> int:
  """Prints what became of the footage; returns the exit code."""
  print(manifest.summary(rows))
  kept = [row for row in rows if row['kept']]
  found = sorted({row['detector'] for row in rows if 'detector' in row})
  if found:
    print(f'Faces were found by {", ".join(found)}.')
  if kept and not any('offset' in row for row in rows):
    print('Sync was not checked: train an expert on this, then --rescore.')
  if kept and all(row['split'] != 'train' for row in kept):
    print('warning: nothing is in the split train.')
  for speaker in manifest.shared_speakers(rows):
    print(f'warning: speaker {speaker} is in more than one split.')
  print(f'Look at {output}/{page.NAME}; all facts: {manifest.NAME}')
  return 0 if kept else 1


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
