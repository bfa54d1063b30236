"""Turns a folder of talking videos into a data set to train on, or cleans one.

python -m tools.prepare --videos my_videos --output data/mine
python -m tools.prepare --clean data/mine --expert runs/expert \
  --min-confidence 0.1 --output data/clean
"""

import argparse
import sys

from input_pipeline import (
  manifest,
  prepare,
  prepare_video,
  yunet_model,
)
from tools import detectors, prepare_clean

_EXAMPLE = """\
examples:
  python -m tools.prepare --videos my_videos --output data/mine
  python -m tools.prepare --clean data/mine --expert runs/expert
  python -m tools.prepare --clean data/mine --expert runs/expert \\
    --min-confidence 0.1 --output data/clean

my_videos/ANNA/one.mp4, my_videos/BEN/two.mov, ...: one folder per speaker, one
talking face per video. Speakers are divided between training and validation; a
layout my_videos/train/ANNA, my_videos/val/BEN is kept as it is. Every video is
in OUTPUT/manifest.jsonl, with the reason where it was left out.

--clean is the second pass of SyncNet's authors: train an expert on the raw
data, drop what it finds out of sync, train again. Without --min-confidence it
prints how confidences and offsets are spread, to choose by, and writes nothing.
Only training records are dropped; every record gets its offset and confidence.

exit codes: 0 done, 1 no video was kept, 2 bad input.
"""


def main(argv: list[str] | None = None) -> int:
  parser = _parser()
  arguments = parser.parse_args(argv)
  _check_together(parser, arguments)
  try:
    if arguments.clean:
      return prepare_clean.run(arguments)
    detector = detectors.load_s3fd(
      arguments.detector,
      arguments.s3fd,
      yunet=bool(arguments.yunet or arguments.download_detector),
    )
    if arguments.download_detector:
      arguments.yunet = yunet_model.download()
    rows = prepare.prepare(
      arguments.videos,
      arguments.output,
      options=prepare_video.Options(
        size=arguments.size,
        quality=arguments.quality,
        detector=arguments.detector,
        model_path=arguments.yunet and str(arguments.yunet),
        detect_every=arguments.detect_every,
        licence=arguments.licence,
      ),
      detector=detector,
      split=arguments.split,
      validation_fraction=arguments.validation_fraction,
      speaker_from=arguments.speaker_from,
      workers=arguments.workers,
      overwrite=arguments.overwrite,
    )
  except (ValueError, OSError, RuntimeError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    goes_on = 'The same command goes on from here.'
    then = 'Nothing was written.' if arguments.clean else goes_on
    print(f'Stopped. {then}', file=sys.stderr)
    return 130
  print(manifest.summary(rows))
  for speaker in manifest.shared_speakers(rows):
    print(f'warning: speaker {speaker} is in more than one split.')
  print(f'Written to {arguments.output}; every video: {manifest.NAME}')
  return 0 if any(row['kept'] for row in rows) else 1


def _check_together(
  parser: argparse.ArgumentParser, arguments: argparse.Namespace
) -> None:
  """Ends with code 2 where an option is missing or does nothing."""
  given = {
    name
    for name, value in vars(arguments).items()
    if value != parser.get_default(name)
  }
  if arguments.videos and not arguments.output:
    parser.error('--videos needs --output')
  if arguments.clean and not arguments.expert:
    parser.error('--clean needs --expert')
  if arguments.clean and ('min_confidence' in given) != ('output' in given):
    parser.error('--min-confidence and --output go together')
  if arguments.clean and 'output' not in given:
    # Nothing is written, so there is nothing to drop or to overwrite.
    useless = given & {'max_offset', 'overwrite'}
    if useless:
      parser.error('--max-offset and --overwrite go with --min-confidence')
  if arguments.clean:
    useless = given - prepare_clean.OPTIONS - {'output', 'overwrite'}
  else:
    useless = given & prepare_clean.OPTIONS
  if useless:
    names = ', '.join(f'--{name.replace("_", "-")}' for name in sorted(useless))
    mode = '--clean' if arguments.clean else '--videos'
    parser.error(f'not with {mode}: {names}')


def _parser() -> argparse.ArgumentParser:
  defaults = prepare_video.Options()
  parser = argparse.ArgumentParser(
    prog='python -m tools.prepare',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  source = parser.add_mutually_exclusive_group(required=True)
  source.add_argument('--videos', metavar='DIR', help='searched in depth')
  source.add_argument('--clean', metavar='DATA', help='data set to clean')
  add('--output', metavar='DIR', help='data set to make')
  add('--overwrite', action='store_true', help='replace OUTPUT')
  detectors.add_arguments(parser)
  add(
    '--download-detector',
    action='store_true',
    help='fetch the YuNet model (230 kB) once, checked',
  )
  add(
    '--detect-every',
    type=int,
    default=defaults.detect_every,
    metavar='K',
    help='look for the face in every K-th frame (default %(default)s)',
  )
  add(
    '--size',
    type=int,
    default=defaults.size,
    help='side of the face crops in pixels (default %(default)s)',
  )
  add(
    '--quality',
    type=int,
    default=defaults.quality,
    help='JPEG quality (default %(default)s)',
  )
  add(
    '--workers',
    type=int,
    help='processes (default: one per core); with s3fd threads of one process, '
    'which share the accelerator',
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
  add('--licence', default='', metavar='TEXT', help='of the footage')
  prepare_clean.add_arguments(parser)
  return parser


if __name__ == '__main__':
  sys.exit(main())
