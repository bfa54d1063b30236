"""The face decoder: an embedding grown into a picture along the skips."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import encoders, layers


class FaceDecoder(nn.Module):
  """From the audio embedding, outwards through the face encoder's maps.

  Attributes:
    width: 16 in the paper; the last stage has four times as many channels.
    image_size: side of the picture.
    dtype: what it computes in; the picture itself is float32.
  """

  width: int = 16
  image_size: int = 96
  dtype: Any = jnp.float32

  def table(self) -> list[tuple[dict, int]]:
    """Per stage: the transposed convolution and its residual blocks."""
    strides, bottleneck = encoders.pyramid(self.image_size)
    rows = []
    # Channels are counted from the picture inwards, so that a larger picture
    # gets more stages at the deep end and keeps those at the shallow one.
    factors = ([4, 8, 16, 24] + [32] * len(strides))[: len(strides)]
    for factor, stride in zip(factors, strides, strict=True):
      margin = 1 if stride == 2 else 0
      growth = dict(
        features=factor * self.width,
        stride=stride,
        padding=margin,
        output_padding=margin,
      )
      rows.append((growth, 2))
    first = dict(
      features=32 * self.width,
      kernel_size=bottleneck,
      stride=1,
      padding=0,
      output_padding=0,
    )
    rows.append((first, 1))
    return rows[::-1]

  @nn.compact
  def __call__(
    self,
    embedding: Float[Array, 'n 1 1 d'],
    maps: Sequence[Float[Array, 'n _ _ _']],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    maps = list(maps)

    def block(i, j, *row):
      name = f'stage_{i}_block_{j}'
      return layers.ConvBlock(*row, dtype=self.dtype, name=name)

    x = block(0, 0, 32 * self.width, 1, 1, 0)(embedding, train=train)
    x = jnp.concatenate([x, maps.pop()], -1)
    for i, (growth, repeats) in enumerate(self.table(), start=1):
      grow = layers.TransposedConvBlock(
        **growth, dtype=self.dtype, name=f'stage_{i}_block_0'
      )
      x = grow(x, train=train)
      for j in range(1, repeats + 1):
        x = block(i, j, x.shape[-1], 3, 1, 1, True)(x, train=train)
      x = jnp.concatenate([x, maps.pop()], -1)
    x = layers.ConvBlock(2 * self.width, dtype=self.dtype, name='output_block')(
      x, train=train
    )
    x = layers.Conv(
      3,
      1,
      padding=0,
      dtype=self.dtype,
      result_dtype=layers.at_least_float32(self.dtype),
      name='output_conv',
    )(x)
    return nn.sigmoid(x)
