"""The Inception-v3 behind the Frechet inception distance (FID).

Szegedy et al. (2016), "Rethinking the Inception Architecture for Computer
Vision", in the form that Heusel et al. (2017) measured with (TensorFlow's graph
of 2015-12-05) and that mseitzer/pytorch-fid keeps for PyTorch
(pt_inception-2015-12-05-6726825d.pth). It is not torchvision's network: average
pools leave the padding out, the last block has a maximum pool, and there are
1008 classes.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers

SIDE = 299  # pixels; what pictures are brought to
CLASSES = 1008
_WIDTH = 32  # channels of the published first layer
_EPSILON = 1e-3  # of its BatchNorms


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


def resize(images: Float[Array, 'n h w c']) -> Float[Array, 'n 299 299 c']:
  """PyTorch's F.interpolate: bilinear, align_corners False, no antialias."""
  shape = len(images), SIDE, SIDE, images.shape[-1]
  return jax.image.resize(images, shape, 'bilinear', antialias=False)


class Unit(nn.Module):
  """Convolution without bias, BatchNorm, ReLU."""

  features: int
  kernel_size: layers.Pair
  stride: int
  padding: layers.Pair
  dtype: Any

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    x = layers.Conv(
      self.features,
      self.kernel_size,
      self.stride,
      self.padding,
      use_bias=False,
      dtype=self.dtype,
      name='conv',
    )(x)
    norm = layers.batch_norm(
      train=False, dtype=self.dtype, name='bn', epsilon=_EPSILON
    )
    return nn.relu(norm(x))


class Block(nn.Module):
  """Branches side by side; numbers and letters name what is in each."""

  branches: tuple[Branch, ...]
  width: int
  dtype: Any

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    return jnp.concatenate([self._branch(b, x) for b in self.branches], -1)

  def _branch(self, branch, x):
    x = _pool(x, branch.pool)
    for i, step in enumerate(branch.steps, 1):
      name = f'{branch.name}_{i}' if len(branch.steps) > 1 else branch.name
      if isinstance(step, Step):
        x = self._step(step, name, x)
      else:
        sides = zip(step, 'ab', strict=True)
        x = jnp.concatenate([self._step(s, name + c, x) for s, c in sides], -1)
    return x

  def _step(self, step, name, x):
    rows, columns = layers.pair(step.kernel)
    padding = (rows // 2, columns // 2) if step.stride == 1 else 0
    features = scaled(step.channels, self.width)
    unit = Unit(
      features, step.kernel, step.stride, padding, self.dtype, name=name
    )
    return unit(x)


class InceptionV3(nn.Module):
  """Describes pictures by 2048 numbers, whose distribution FID compares.

  23,850,960 parameters at width 32, with those of the 1008 classes, which FID
  does not look at. Layers have the names of the published weights.

  Attributes:
    width: channels of the first layer; scales every channel count.
    resize: bring pictures to 299 pixels, as FID does; without, at least 75.
    dtype: what it computes in; parameters and results stay float32.
  """

  width: int = _WIDTH
  resize: bool = True
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, images: Float[Array, 'n h w 3']
  ) -> tuple[Float[Array, 'n d'], Float[Array, 'n 1008']]:
    """Features (d is 2048 at width 32) and logits of RGB pictures, 0..1."""
    x = 2 * (resize(images) if self.resize else images) - 1
    for row in STEM:
      if row == 'pool':
        x = _pool(x, 'reduce')
      else:
        name, channels, *shape = row
        features = scaled(channels, self.width)
        x = Unit(features, *shape, self.dtype, name=name)(x)
    for name, branches in BLOCKS.items():
      x = Block(branches, self.width, self.dtype, name=name)(x)
    features = x.mean((1, 2), dtype=layers.at_least_float32(self.dtype))
    dtype = features.dtype
    logits = layers.dense(CLASSES, features.shape[-1], dtype, 'fc')(features)
    return features, logits


def scaled(channels: int, width: int) -> int:
  """The channels where the published network has `channels`."""
  return max(1, channels * width // _WIDTH)


def _pool(x: Float[Array, 'n h w c'], kind: str | None):
  margin = ((1, 1), (1, 1))
  if kind == 'average':
    return nn.avg_pool(x, (3, 3), (1, 1), margin, count_include_pad=False)
  if kind == 'maximum':
    return nn.max_pool(x, (3, 3), (1, 1), margin)
  return nn.max_pool(x, (3, 3), (2, 2)) if kind == 'reduce' else x
