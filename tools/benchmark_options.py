"""What the commands of tools.benchmark can be told."""

import argparse
import os

from tools import benchmark_fields as fields
from tools import benchmark_quality_options as quality


def data(add) -> None:
  fields.records(add)
  add(
    '--seconds',
    type=int,
    nargs='+',
    default=[3, 10, 30],
    help="lengths of the reference's clips (default 3 10 30)",
  )
  add('--repeats', type=int, default=5)


def train(add) -> None:
  fields.records(add)
  add(
    '--config',
    nargs='+',
    default=['expert:reference', 'wav2lip', 'wav2lip:gan'],
    metavar='NAME[:VARIANT]',
    help='of configs/ (default: what the original trains)',
  )
  add(
    '--share',
    type=int,
    nargs='+',
    default=[1],
    help='of the full width, as 1/N (default 1)',
  )
  fields.reference(add)
  add('--dtype', choices=('float32', 'bfloat16'), default='float32')
  add('--steps', type=int, default=2, help='per reading')
  add('--repeats', type=int, default=3)
  add('--batch-size', type=int, default=16)


def overhead(add) -> None:
  fields.records(add)
  add(
    '--share',
    type=int,
    default=4,
    help='of the full width, as 1/N (default 4)',
  )
  add('--batch-size', type=int, default=16)


def scaling(add) -> None:
  add(
    '--devices',
    type=int,
    nargs='+',
    default=[1, 2, 4],
    help='virtual ones (default 1 2 4)',
  )
  add('--batch-size', type=int, default=4, help='on each device (default 4)')
  add('--width', type=int, default=4, help='of the networks (default 4)')
  add('--image-size', type=int, default=48)
  add('--steps', type=int, default=4, help='per reading')
  add('--repeats', type=int, default=5)


def infer(add) -> None:
  add('--batch-size', type=int, nargs='+', default=[1, 16])
  add('--image-size', type=int, default=96)
  add('--width', type=int, default=16, help='16 is the full one')
  add(
    '--dtype',
    choices=('float32', 'bfloat16'),
    default='float32',
    help='of XLA and of the matrix product (default float32)',
  )
  add(
    '--backend',
    nargs='+',
    choices=('xla', 'onnxruntime', 'openvino', 'openvino-bf16'),
    default=['xla'],
    help="what computes it (default xla; others: pip install -e '.[fast]')",
  )
  fields.reference(add)
  add('--repeats', type=int, default=7)


def prepare(add) -> None:
  fields.footage(
    add, 'to prepare (default: a synthetic 720p talker per worker, made now)'
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
  fields.detector(add)
  add('--expert', metavar='RUN', help='measure sync with it as well')


def dub(add) -> None:
  fields.footage(
    add, 'to dub with their own sound (default: synthetic 720p talkers)'
  )
  add(
    '--minutes',
    type=float,
    nargs='+',
    default=[1, 20],
    metavar='M',
    help='of each talker (default 1 20)',
  )
  fields.generator(add)
  add('--batch-size', type=int, default=16)
  add('--crf', type=int, help='quality (default: as tools.dub chooses it)')
  fields.detector(add)


def live(add) -> None:
  fields.generator(add)
  add('--batch-size', type=int, nargs='+', default=[1, 4, 16])
  add('--repeats', type=int, default=100, help='readings (default 100)')
  add('--seconds', type=float, default=40, help='at most, of those for speed')
  add('--hours', type=float, default=8, help='of drift (default 8; 0: none)')


def judge(add) -> None:
  fields.footage(add, 'to judge (default: a synthetic talker, 640 x 480)')
  add('--seconds', type=float, default=20, help='of the talker (default 20)')
  add('--expert', metavar='RUN', help='measures sync (default: none)')
  add('--width', type=int, default=64, help='of SyncNet v2; 64 is the full one')
  add('--repeats', type=int, default=3)
  fields.detector(add)


# What is measured -> what it is, and its options.
COMMANDS = {
  'data': ('the input pipeline alone', data),
  'train': ('training steps with their data', train),
  'overhead': ('evaluation, checkpoints and logging in a run', overhead),
  'scaling': ('the training step on 1, 2, 4 virtual devices', scaling),
  'infer': ('the jitted generator', infer),
  'prepare': ('speed and memory of the preparation', prepare),
  'dub': ('speed and memory of dubbing', dub),
  'live': ('frames of an avatar: latency, speed, drift', live),
  'judge': ('speed of measuring sync and of LSE, stage by stage', judge),
  'smoothing': (
    "jitter and lag of the square, against Wav2Lip's",
    quality.smoothing,
  ),
  'shifts': ('offsets found of files whose sound was moved', quality.shifts),
  'seam': ("the border of the pasted box, against Wav2Lip's", quality.seam),
}


def parser(**settings) -> argparse.ArgumentParser:
  """Of all commands; `settings` are argparse's."""
  whole = argparse.ArgumentParser(
    formatter_class=argparse.RawDescriptionHelpFormatter, **settings
  )
  commands = whole.add_subparsers(dest='what', required=True)
  for name, (about, add_options) in COMMANDS.items():
    add_options(commands.add_parser(name, help=about).add_argument)
  return whole
