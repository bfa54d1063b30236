"""`tools.sync measure`: offset and confidence of videos."""

import argparse
import dataclasses
import json
import os
import pathlib
import sys
from typing import Any

import tqdm

from input_pipeline.preparation import prepare_video
from tools import detectors, experts, sync_compat

_MEASURE = """\
example:
  python -m tools.sync measure --expert runs/expert --json sync.json talk.mp4

The sound is compared with the lips at every offset up to 15 frames (0.6 s, at
25 frames a second). The offset is where they fit best; the confidence is how
much better they fit there than at most offsets. A flat curve, of low
confidence, is of a sound that does not belong to the face, or of footage that
the expert cannot judge. Which confidence is low differs from expert to expert:
look at footage you know, or at the report of tools.prepare --expert.

exit codes: 0 all measured, 2 bad input (the other videos are measured).
"""


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = commands.add_parser(
    'measure',
    help='offset and confidence of videos',
    description='Offset between sound and lips of videos, and its confidence.',
    epilog=_MEASURE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.set_defaults(run=_measure)
  add = parser.add_argument
  add('videos', nargs='+', metavar='VIDEO', help='one talking face in each')
  add(
    '--expert',
    required=True,
    metavar='DIR',
    help='run folder of configs/expert.py',
  )
  add(
    '--min-confidence',
    type=float,
    metavar='X',
    help='below it an offset is called undetermined',
  )
  add('--json', metavar='FILE', help='write all that is known')
  detectors.add_arguments(parser)
  add(
    '--detect-every',
    type=int,
    default=prepare_video.Options.detect_every,
    metavar='K',
    help='look for the face in every K-th frame (default %(default)s)',
  )
  sync_compat.add_arguments(parser)


def _measure(options: argparse.Namespace) -> int:
  if options.compat:
    return sync_compat.run(options)
  target = options.json and pathlib.Path(options.json)
  if target and not target.parent.is_dir():
    raise ValueError(f'--json: there is no folder for {target}.')
  detector = detectors.make(options)
  judge, about = experts.load(options.expert)
  print(f'Detector: {detector.name}.')
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.judging import measure_video

  found, failed = [], False
  for path in tqdm.tqdm(
    options.videos, unit='video', leave=False, disable=None
  ):
    try:
      result = measure_video.measure(
        judge, path, detector, detect_every=options.detect_every
      )
    except ValueError as error:
      failed = True
      found.append({'video': path, 'error': str(error)})
      tqdm.tqdm.write(f'error: {path}: {error}', file=sys.stderr)
      continue
    found.append(_row(path, result, options.min_confidence))
    tqdm.tqdm.write(_lines(path, result, options.min_confidence))
  if target:
    content = {'expert': about, 'detector': detector.name, 'videos': found}
    unfinished = target.with_name(f'{target.name}.{os.getpid()}')
    unfinished.write_text(json.dumps(content, indent=2))
    os.replace(unfinished, target)
  return 2 if failed else 0


def _row(path: str, result: Any, least: float | None) -> dict[str, Any]:
  verdict = {
    'verdict': result.verdict(least),
    'milliseconds': result.milliseconds,
  }
  return {'video': path} | verdict | dataclasses.asdict(result)


def _lines(path: str, result: Any, least: float | None) -> str:
  peak = (
    f'least distance {result.peak:.3f}'
    if result.similarity == 'distance'
    else f'peak similarity {result.peak:.3f}'
  )
  pieces = f' in {result.chunks} pieces' if result.chunks > 1 else ''
  return (
    f'{path}: {result.words(least)}\n  offset {result.offset:+d} frames, '
    f'confidence {result.confidence:.3f}, {peak}, {result.frames} frames'
    f'{pieces}'
  )
