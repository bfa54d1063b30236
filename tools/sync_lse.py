"""`tools.sync lse`: LSE-D and LSE-C of videos, and their means."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tqdm

from tools import detectors, sync_expert, sync_options, video_paths

_LSE = """\
example:
  python -m tools.convert_checkpoint --input syncnet_v2.model \\
    --output runs/syncnet
  python -m tools.sync lse --expert runs/syncnet --mode lrs --csv lse.csv dubbed

--mode lrs: videos are cropped to a face already, as those of LRS2 are; the
whole frame is squashed to the expert's size. --mode real: faces are found,
tracked and cropped first, and every track is a row. The two do not compare.

LSE-D and LSE-C take the least distance over all offsets, so a constant lag of
up to 0.6 s costs nothing in them: see the offset and the distance at 0, too.
With other weights than the published SyncNet v2's the same numbers are called
distance and confidence.

exit codes: 0 all measured, 2 bad input (the other videos are measured).
"""


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = commands.add_parser(
    'lse',
    help='LSE-D and LSE-C of videos',
    description="LSE-D and LSE-C as Wav2Lip's evaluation computes them.",
    epilog=_LSE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.set_defaults(run=_run)
  add = parser.add_argument
  add(
    'paths',
    nargs='+',
    metavar='PATH',
    help='video, folder of .mp4, or text file with one path per line',
  )
  add(
    '--expert',
    required=True,
    metavar='RUN',
    help='tools.convert_checkpoint makes it of syncnet_v2.model',
  )
  add('--mode', required=True, choices=('lrs', 'real'), help='see below')
  add('--json', metavar='FILE', help='write all that is known')
  add('--csv', metavar='FILE', help='write a row per video, or per track')
  sync_expert.add_arguments(parser)
  detectors.add_arguments(parser)


def _run(options: argparse.Namespace) -> int:
  sync_expert.check(options)
  for name in ('json', 'csv'):
    sync_options.check_file(f'--{name}', getattr(options, name))
  videos = video_paths.find(options.paths)
  real = options.mode == 'real'
  detector = sync_expert.detector(options) if real else None
  judge, about = sync_expert.load(options.expert)
  from lipsync_jax.judging import lse_names

  names = lse_names.names(judge.description)
  print(
    'Shown: face tracks, cropped as run_pipeline.py does.'
    if real
    else f'Shown: the whole frame, squashed to {judge.image_size} px.'
  )
  notes = sync_expert.say_notes(judge, detector)
  rows: list[dict[str, Any]] = []
  skipped: list[dict[str, str]] = []
  for path in tqdm.tqdm(videos, unit='video', leave=False, disable=None):
    try:
      for found in _readings(judge, path, detector, options):
        if isinstance(found, str):
          skipped.append({'video': str(path), 'reason': found})
        else:
          where, clip = found
          content = {'video': str(path)} | where
          content |= sync_expert.row(clip, names, curve=True)
          rows.append(content)
          tqdm.tqdm.write(_line(content, names))
    except ValueError as error:
      reason = str(error).removeprefix(f'{path}: ')
      skipped.append({'video': str(path), 'reason': reason})
  means = _means(rows, names)
  _say(means, skipped, names, 'track' if real else 'video')
  content = {
    'expert': about,
    'mode': options.mode,
    'vshift': options.vshift,
    'jpeg': not options.no_jpeg,
    'detector': detector.name if detector else None,
    'notes': notes,
    'means': means,
    'skipped': skipped,
    'rows': rows,
  }
  sync_options.write_json(options.json, content)
  if options.csv:
    sync_expert.write_csv(options.csv, [_short(r) for r in [*rows, *skipped]])
  return 2 if skipped else 0


def _readings(
  judge: Any, path: Any, detector: Any, options: argparse.Namespace
) -> Iterator[tuple[dict[str, Any], Any] | str]:
  """What is read of a video, and where; or why nothing is."""
  from lipsync_jax.judging import lse, run_pipeline

  how = {'jpeg': not options.no_jpeg, 'max_offset': options.vshift}
  if detector is None:
    yield {}, lse.read_video(judge, path, **how)
    return
  rules = sync_expert.rules(options)
  tracks = run_pipeline.read_video(judge, path, detector, rules=rules, **how)
  for number, track in enumerate(tracks):
    where = {'track': number, 'first': track.first, 'last': track.last}
    if track.clip is None:
      yield f'track {number}: {track.reason}'
    else:
      yield where, track.clip


def _means(
  rows: Sequence[Mapping[str, Any]], names: tuple[str, str]
) -> dict[str, float]:
  if not rows:
    return {'count': 0}
  return {'count': len(rows)} | {
    name: float(np.mean([each[name] for each in rows]))
    for name in (*names, 'distance_at_0', 'offset')
  }


def _line(content: Mapping[str, Any], names: tuple[str, str]) -> str:
  where = (
    f' track {content["track"]}, frames {content["first"]}-{content["last"]}'
    if 'track' in content
    else ''
  )
  distance, confidence = (f'{name} {content[name]:.3f}' for name in names)
  return (
    f'{content["video"]}{where}: {distance}, {confidence}, offset '
    f'{content["offset"]:+d}, distance at 0 {content["distance_at_0"]:.3f}'
  )


def _say(
  means: Mapping[str, float],
  skipped: Sequence[Mapping[str, str]],
  names: tuple[str, str],
  unit: str,
) -> None:
  for each in skipped:
    print(f'skipped: {each["video"]}: {each["reason"]}', file=sys.stderr)
  count = means['count']
  if count:
    distance, confidence = (f'{name} {means[name]:.3f}' for name in names)
    print(
      f'Mean of {count} {unit}{"s" * (count > 1)}: {distance}, {confidence}, '
      f'offset {means["offset"]:+.2f}, distance at 0 '
      f'{means["distance_at_0"]:.3f}; {len(skipped)} skipped.'
    )
  else:
    print(f'Nothing was measured; {len(skipped)} skipped.')


def _short(content: Mapping[str, Any]) -> dict[str, Any]:
  return {k: v for k, v in content.items() if not isinstance(v, list)}
