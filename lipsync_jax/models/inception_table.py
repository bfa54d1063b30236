"""Every layer of the FID's Inception-v3, in order; see `inception`."""

from typing import NamedTuple

from lipsync_jax.models import layers


class Step(NamedTuple):
  """A convolution: strides of 2 do not pad, the others keep the size."""

  channels: int
  kernel: layers.Pair = 1
  stride: int = 1


class Branch(NamedTuple):
  """A pool of 3 x 3, if any, and steps; the last may be two side by side."""

  name: str
  steps: tuple[Step | tuple[Step, Step], ...]
  pool: str | None = None  # 'average', 'maximum', or 'reduce': stride 2


_ROW, _COLUMN = (1, 7), (7, 1)
_SPLIT = Step(384, (1, 3)), Step(384, (3, 1))


def _block_35(pooled: int) -> tuple[Branch, ...]:
  return (
    Branch('branch1x1', (Step(64),)),
    Branch('branch5x5', (Step(48), Step(64, 5))),
    Branch('branch3x3dbl', (Step(64), Step(96, 3), Step(96, 3))),
    Branch('branch_pool', (Step(pooled),), 'average'),
  )


def _block_17(c: int) -> tuple[Branch, ...]:
  long = Step(c), Step(c, _COLUMN), Step(c, _ROW), Step(c, _COLUMN)
  return (
    Branch('branch1x1', (Step(192),)),
    Branch('branch7x7', (Step(c), Step(c, _ROW), Step(192, _COLUMN))),
    Branch('branch7x7dbl', (*long, Step(192, _ROW))),
    Branch('branch_pool', (Step(192),), 'average'),
  )


def _block_8(pool: str) -> tuple[Branch, ...]:
  return (
    Branch('branch1x1', (Step(320),)),
    Branch('branch3x3', (Step(384), _SPLIT)),
    Branch('branch3x3dbl', (Step(448), Step(384, 3), _SPLIT)),
    Branch('branch_pool', (Step(192),), pool),
  )


# (name, channels, kernel, stride, padding), and 'pool' where a pool comes.
STEM = (
  ('Conv2d_1a_3x3', 32, 3, 2, 0),  # 149
  ('Conv2d_2a_3x3', 32, 3, 1, 0),  # 147
  ('Conv2d_2b_3x3', 64, 3, 1, 1),
  'pool',  # 73
  ('Conv2d_3b_1x1', 80, 1, 1, 0),
  ('Conv2d_4a_3x3', 192, 3, 1, 0),  # 71
  'pool',  # 35
)
BLOCKS = {
  'Mixed_5b': _block_35(32),
  'Mixed_5c': _block_35(64),
  'Mixed_5d': _block_35(64),
  'Mixed_6a': (  # 17
    Branch('branch3x3', (Step(384, 3, 2),)),
    Branch('branch3x3dbl', (Step(64), Step(96, 3), Step(96, 3, 2))),
    Branch('branch_pool', (), 'reduce'),
  ),
  'Mixed_6b': _block_17(128),
  'Mixed_6c': _block_17(160),
  'Mixed_6d': _block_17(160),
  'Mixed_6e': _block_17(192),
  'Mixed_7a': (  # 8
    Branch('branch3x3', (Step(192), Step(320, 3, 2))),
    Branch(
      'branch7x7x3',
      (Step(192), Step(192, _ROW), Step(192, _COLUMN), Step(192, 3, 2)),
    ),
    Branch('branch_pool', (), 'reduce'),
  ),
  'Mixed_7b': _block_8('average'),
  'Mixed_7c': _block_8('maximum'),
}
