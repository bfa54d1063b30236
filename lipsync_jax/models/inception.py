"""The Inception-v3 behind the Frechet inception distance (FID).

Szegedy et al. (2016), "Rethinking the Inception Architecture for Computer
Vision", in the form that Heusel et al. (2017) measured with (TensorFlow's graph
of 2015-12-05) and that mseitzer/pytorch-fid keeps for PyTorch
(pt_inception-2015-12-05-6726825d.pth). It is not torchvision's network: average
pools leave the padding out, the last block has a maximum pool, and there are
1008 classes.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import inception_table, layers

SIDE = 299  # pixels; what pictures are brought to
CLASSES = 1008
_WIDTH = 32  # channels of the published first layer
_EPSILON = 1e-3  # of its BatchNorms


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

  branches: tuple[inception_table.Branch, ...]
  width: int
  dtype: Any

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    return jnp.concatenate([self._branch(b, x) for b in self.branches], -1)

  def _branch(self, branch, x):
    x = _pool(x, branch.pool)
    for i, step in enumerate(branch.steps, 1):
      name = f'{branch.name}_{i}' if len(branch.steps) > 1 else branch.name
      if isinstance(step, inception_table.Step):
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
    for row in inception_table.STEM:
      if row == 'pool':
        x = _pool(x, 'reduce')
      else:
        name, channels, *shape = row
        features = scaled(channels, self.width)
        x = Unit(features, *shape, self.dtype, name=name)(x)
    for name, branches in inception_table.BLOCKS.items():
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
