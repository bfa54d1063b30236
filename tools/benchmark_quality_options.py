"""What the commands of tools.benchmark that measure quality can be told."""

import pathlib

from tools import benchmark_fields as fields


def smoothing(add) -> None:
  fields.footage(add, 'with one face in every frame', required=True)
  add('--seconds', type=float, default=8, help='of each, at most (default 8)')
  add('--yunet', metavar='PATH', help="YuNet's model file")


def seam(add) -> None:
  smoothing(add)
  add(
    '--checkpoint',
    metavar='RUN',
    help='its generator draws too, not the stand-in alone',
  )


def shifts(add) -> None:
  add(
    'videos',
    type=pathlib.Path,
    nargs='+',
    metavar='VIDEO',
    help='in sync, one talking face in each; or folders of such',
  )
  add('--expert', metavar='RUN', required=True, help='measures')
  add(
    '--frames',
    type=int,
    nargs='+',
    default=[*range(-10, 11)],
    metavar='K',
    help='by how many the sound is made to lead (default: -10 to 10)',
  )
  fields.detector(add)
