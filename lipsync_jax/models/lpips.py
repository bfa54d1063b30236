"""LPIPS on AlexNet, version 0.1: how different two pictures look.

Zhang et al. (2018), "The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric", equation 1, in the form of the package `lpips`
(richzhang/PerceptualSimilarity, lpips/lpips.py).
"""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers

MIN_SIDE = 31  # pixels; less leaves nothing after the second pool

# ScalingLayer: ImageNet's mean and deviation, for pictures of -1..1.
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_WIDTH = 64  # channels of the published first layer
# (channels, kernel, stride, padding); before the rows marked, a pool of 3 x 3.
TABLE = (
  ((64, 11, 4, 2), False),
  ((192, 5, 1, 2), True),
  ((384, 3, 1, 1), True),
  ((256, 3, 1, 1), False),
  ((256, 3, 1, 1), False),
)


class LPIPS(nn.Module):
  """A learnt distance of pictures; 0 for equal ones.

  2,470,848 parameters at width 64.

  Attributes:
    width: channels of the first layer; scales every channel count.
    dtype: what it computes in; parameters and distances stay float32.
  """

  pictures: ClassVar[int] = 2  # that it takes

  width: int = _WIDTH
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, images: Float[Array, 'n h w 3'], others: Float[Array, 'n h w 3']
  ) -> Float[Array, ' n']:
    """Distances of RGB pictures, 0..1, of at least 31 pixels.

    Raises:
      ValueError: the pictures are smaller.
    """
    if min(images.shape[1:3]) < MIN_SIDE:
      raise ValueError(
        f'Pictures of {images.shape[2]} x {images.shape[1]} pixels are too '
        f'small for LPIPS: at least {MIN_SIDE} x {MIN_SIDE}.'
      )
    dtype = layers.at_least_float32(self.dtype)
    x = (2 * jnp.concatenate([images, others]) - 1 - jnp.array(_SHIFT)) / (
      jnp.array(_SCALE)
    )
    total = jnp.zeros(len(images), dtype)
    for i, ((channels, *shape), pool) in enumerate(TABLE):
      if pool:
        x = nn.max_pool(x, (3, 3), (2, 2))
      features = max(1, channels * self.width // _WIDTH)
      name = f'slice{i + 1}'
      conv = layers.Conv(features, *shape, dtype=self.dtype, name=name)
      x = nn.relu(conv(x))
      seen = _unit(x.astype(dtype))
      difference = (seen[: len(images)] - seen[len(images) :]) ** 2
      # Trained to be at least 0, so that more difference is never less.
      linear = layers.Conv(
        1, 1, 1, 0, use_bias=False, dtype=dtype, name=f'lin{i}'
      )
      total += linear(difference).mean((1, 2, 3))
    return total


def _unit(x: Float[Array, 'n h w c']) -> Float[Array, 'n h w c']:
  return x / (jnp.sqrt(jnp.sum(x**2, -1, keepdims=True)) + 1e-10)
