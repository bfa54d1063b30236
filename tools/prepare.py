"""Turns a folder of talking videos into a data set to train on.

python -m tools.prepare --videos my_videos --output data/mine
"""

import argparse
import sys

from input_pipeline import (
  manifest,
  prepare,
  prepare_video,
  yunet_model,
)
from tools import detectors

_EXAMPLE = """\
example:
  python -m tools.prepare --videos my_videos --output data/mine

my_videos/ANNA/one.mp4, my_videos/BEN/two.mov, ...: one folder per speaker, one
talking face per video. Speakers are divided between training and validation; a
layout my_videos/train/ANNA, my_videos/val/BEN is kept as it is. Every video is
in OUTPUT/manifest.jsonl, with the reason where it was left out.
"""


def main(argv: list[str] | None = None) -> int:
  arguments = _parser().parse_args(argv)
  try:
    if arguments.download_detector:
      arguments.yunet = yunet_model.download()
    detector = detectors.load_s3fd(arguments.detector, arguments.s3fd)
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
    print('Stopped. The same command goes on from here.', file=sys.stderr)
    return 130
  print(manifest.summary(rows))
  for speaker in manifest.shared_speakers(rows):
    print(f'warning: speaker {speaker} is in more than one split.')
  print(f'Written to {arguments.output}; every video: {manifest.NAME}')
  return 0 if any(row['kept'] for row in rows) else 1


def _parser() -> argparse.ArgumentParser:
  defaults = prepare_video.Options()
  parser = argparse.ArgumentParser(
    prog='python -m tools.prepare',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--videos', required=True, metavar='DIR', help='searched in depth')
  add('--output', required=True, metavar='DIR', help='data set to make')
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
  return parser


if __name__ == '__main__':
  sys.exit(main())
