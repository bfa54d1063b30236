"""How fast things are here: Markdown tables to print, paste and compare.

python -m tools.benchmark data               input pipeline against Wav2Lip's
python -m tools.benchmark train --data DIR   share of time waiting for data
python -m tools.benchmark infer              the generator against a matmul
python -m tools.benchmark prepare            the preparation, stage by stage
python -m tools.benchmark dub                dubbing, stage by stage, and memory
python -m tools.benchmark smoothing --videos FILE...   jitter and lag of squares
python -m tools.benchmark seam --videos FILE...        what shows of the paste

Repeats are interleaved and medians printed with their range, because other
programs on the machine come and go.
"""

import argparse
import importlib
import os
import pathlib
import sys

from input_pipeline import media


def main(argv: list[str] | None = None) -> None:
  options = parse(argv)
  # Imported here: each measures what the others need not load.
  module = importlib.import_module(f'tools.benchmark_{options.what}')
  try:
    print(module.run(options))
  except (ValueError, OSError, media.MediaError) as error:
    sys.exit(f'error: {error}')


def parse(argv: list[str] | None) -> argparse.Namespace:
  parser = argparse.ArgumentParser(
    prog='python -m tools.benchmark',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  commands = parser.add_subparsers(dest='what', required=True)
  data = commands.add_parser('data', help='the input pipeline alone')
  train = commands.add_parser('train', help='time spent waiting for data')
  infer = commands.add_parser('infer', help='the jitted generator')
  prepare = commands.add_parser(
    'prepare',
    help='speed and memory of the preparation',
    epilog='example: python -m tools.benchmark prepare --yunet '
    'face_detection_yunet_2023mar.onnx --videos one.mp4 two.mp4',
  )
  dub = commands.add_parser(
    'dub',
    help='speed and memory of dubbing',
    epilog='example: python -m tools.benchmark dub --minutes 1 --detector '
    'cascade; python -m tools.benchmark dub --checkpoint runs/demo/generator',
  )
  smoothing = commands.add_parser(
    'smoothing', help="jitter and lag of the square, against Wav2Lip's"
  )
  seam = commands.add_parser(
    'seam', help="the border of the pasted box, against Wav2Lip's"
  )
  for command in (data, train):
    command.add_argument(
      '--data',
      type=pathlib.Path,
      metavar='DIR',
      help='what tools.prepare wrote (default: synthetic clips made now)',
    )
  data.add_argument(
    '--seconds',
    type=int,
    nargs='+',
    default=[3, 10, 30],
    help="lengths of the reference's clips (default 3 10 30)",
  )
  data.add_argument('--repeats', type=int, default=5)
  train.add_argument(
    '--share',
    type=int,
    nargs='+',
    default=[4, 1],
    help='of the full width, as 1/N (default 4 1)',
  )
  train.add_argument('--steps', type=int, default=4, help='per reading')
  train.add_argument('--batch-size', type=int, default=16)
  infer.add_argument('--batch-size', type=int, nargs='+', default=[1, 16])
  infer.add_argument('--image-size', type=int, default=96)
  infer.add_argument('--width', type=int, default=16, help='16 is the full one')
  infer.add_argument(
    '--dtype', choices=('float32', 'bfloat16'), default='float32'
  )
  infer.add_argument('--repeats', type=int, default=7)
  _add_prepare(prepare.add_argument)
  _add_dub(dub)
  for command in (smoothing, seam):
    _add_clips(command.add_argument)
  seam.add_argument(
    '--checkpoint',
    metavar='RUN',
    help='its generator draws too, not the stand-in alone',
  )
  return parser.parse_args(argv)


def _add_prepare(add) -> None:
  add(
    '--videos',
    type=pathlib.Path,
    nargs='+',
    metavar='FILE',
    help='to prepare (default: a synthetic 720p talker per worker, made now)',
  )
  add('--seconds', type=float, default=60, help='of each talker (default 60)')
  add('--repeats', type=int, default=3)
  add(
    '--workers',
    type=int,
    default=os.cpu_count() or 1,
    help='processes (default: one per core)',
  )
  add(
    '--memory-minutes',
    type=float,
    nargs='+',
    default=[1, 10],
    metavar='M',
    help='of 1080p, whose peak memory is measured (default 1 10; 0: none)',
  )
  add('--detector', default='auto', choices=('auto', 'yunet', 'cascade'))
  add('--yunet', metavar='PATH', help="YuNet's model file")
  add('--expert', metavar='RUN', help='measure sync with it as well')


def _add_dub(parser: argparse.ArgumentParser) -> None:
  add = parser.add_argument
  add(
    '--videos',
    type=pathlib.Path,
    nargs='+',
    metavar='FILE',
    help='to dub with their own sound (default: synthetic 720p talkers)',
  )
  add(
    '--minutes',
    type=float,
    nargs='+',
    default=[1, 20],
    metavar='M',
    help='of each talker (default 1 20)',
  )
  # As in benchmark_generator, which waits for JAX.
  add('--checkpoint', metavar='RUN', help='folder of a trained generator')
  add('--width', type=int, default=16, help='of an untrained one; 0: none')
  add('--image-size', type=int, default=96)
  add('--batch-size', type=int, default=16)
  add('--crf', type=int, help='quality (default: as tools.dub chooses it)')
  add('--detector', default='auto', choices=('auto', 'yunet', 'cascade'))
  add('--yunet', metavar='PATH', help="YuNet's model file")


def _add_clips(add) -> None:
  add(
    '--videos',
    type=pathlib.Path,
    nargs='+',
    metavar='FILE',
    required=True,
    help='with one face in every frame',
  )
  add('--seconds', type=float, default=8, help='of each, at most (default 8)')
  add('--yunet', metavar='PATH', help="YuNet's model file")


if __name__ == '__main__':
  main()
