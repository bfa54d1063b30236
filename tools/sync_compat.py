"""`tools.sync measure --compat`: what syncnet_python prints of a video."""

import argparse
import sys
from typing import Any

import tqdm

from input_pipeline import run_pipeline
from lipsync_jax.metrics import syncnet_python
from tools import sync_expert, sync_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--compat, --crop and what goes with them."""
  add = parser.add_argument
  add(
    '--compat',
    action='store_true',
    help='as syncnet_python: its tracks and crops, zeros beyond the ends of a '
    'clip, N - 5 windows of N frames',
  )
  add(
    '--crop',
    choices=('tracks', 'whole'),
    default='tracks',
    help='with --compat: whole: the videos are cropped to a face already '
    '(default %(default)s)',
  )
  sync_expert.add_arguments(parser)


def check_absent(options: argparse.Namespace) -> None:
  """Without --compat.

  Raises:
    ValueError: an argument goes with it alone.
  """
  usual = run_pipeline.Rules()
  given = {
    '--crop': options.crop != 'tracks',
    '--vshift': options.vshift != syncnet_python.MAX_OFFSET,
    '--no-jpeg': options.no_jpeg,
    '--min-track': options.min_track != usual.min_track,
    '--min-face': options.min_face != usual.min_face,
  }
  if names := [name for name, is_given in given.items() if is_given]:
    raise ValueError(f'{names[0]} goes with --compat.')


def run(options: argparse.Namespace) -> int:
  """Measures the videos of parsed arguments; returns the exit code.

  Raises:
    ValueError: an argument makes no sense.
  """
  sync_expert.check(options)
  if options.min_confidence is not None:
    raise ValueError(
      '--min-confidence does not go with --compat: syncnet_python knows no '
      'such limit.'
    )
  if options.plot:
    raise ValueError('--plot does not go with --compat.')
  sync_options.check_file('--json', options.json)
  whole = options.crop == 'whole'
  detector = None if whole else sync_expert.detector(options)
  judge, about = sync_expert.load(options.expert)
  notes = sync_expert.say_notes(judge, detector)
  rows, failed = [], False
  for path in tqdm.tqdm(
    options.videos, unit='video', leave=False, disable=None
  ):
    try:
      found = _read(judge, path, detector, options)
    except ValueError as error:
      failed = True
      reason = str(error).removeprefix(f'{path}: ')
      rows.append({'video': path, 'error': reason})
      tqdm.tqdm.write(f'error: {path}: {reason}', file=sys.stderr)
      continue
    failed |= any('error' in row for row in found)
    rows.append({'video': path, 'tracks': found})
    tqdm.tqdm.write('\n'.join([f'{path}:', *map(_words, found)]))
  if options.json:
    content = {
      'expert': about,
      'compat': 'syncnet_python',
      'crop': options.crop,
      'vshift': options.vshift,
      'jpeg': not options.no_jpeg,
      'detector': detector.name if detector else None,
      'notes': notes,
      'videos': rows,
    }
    sync_options.write_json(options.json, content)
  return 2 if failed else 0


def _read(
  judge: Any, path: str, detector: Any, options: argparse.Namespace
) -> list[dict[str, Any]]:
  """A row per face track; one of the whole frame without a detector."""
  from lipsync_jax.judging import lse, run_pipeline

  names = ('min_distance', 'confidence')
  how = {'jpeg': not options.no_jpeg, 'max_offset': options.vshift}
  if detector is None:
    clip = lse.read_video(judge, path, **how)
    return [sync_expert.row(clip, names, curve=True)]
  rules = sync_expert.rules(options)
  rows = []
  for track in run_pipeline.read_video(
    judge, path, detector, rules=rules, **how
  ):
    row = {'first': track.first, 'last': track.last}
    if track.clip is None:
      row['error'] = track.reason
    else:
      row |= sync_expert.row(track.clip, names, curve=True)
    rows.append(row)
  return rows


def _words(row: dict[str, Any]) -> str:
  where = f'frames {row["first"]} to {row["last"]}: ' if 'first' in row else ''
  if 'error' in row:
    return f'  {where}{row["error"]}'
  return (
    f'  {where}AV offset: {row["offset"]}  Min dist: {row["min_distance"]:.3f}'
    f'  Confidence: {row["confidence"]:.3f}'
  )
