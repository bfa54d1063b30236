"""Options that several commands of tools.benchmark have."""

import pathlib

from tools import generators


def detector(add) -> None:
  add('--detector', default='auto', choices=('auto', 'yunet', 'cascade'))
  add('--yunet', metavar='PATH', help="YuNet's model file")


def footage(add, about: str, *, required: bool = False) -> None:
  add(
    '--videos',
    type=pathlib.Path,
    nargs='+',
    metavar='FILE',
    required=required,
    help=about,
  )


def generator(add) -> None:
  add('--checkpoint', metavar='RUN', help='folder of a trained generator')
  add('--width', type=int, default=16, help='of an untrained one; 0: none')
  add('--image-size', type=int, default=96, help='of an untrained one')
  generators.add_arguments(add)


def records(add) -> None:
  add(
    '--data',
    type=pathlib.Path,
    metavar='DIR',
    help='what tools.prepare wrote (default: synthetic clips made now)',
  )


def reference(add) -> None:
  add(
    '--reference',
    type=pathlib.Path,
    metavar='FOLDER',
    help="a checkout of Wav2Lip, to run as well: pip install -e '.[torch]'",
  )
