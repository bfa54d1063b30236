"""LipGAN's towers and its decoder: one loop each over a table of numbers."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import keras_layers, layers, lipgan_tables


class Residuals(nn.Module):
  """Blocks of two convolution blocks; the input is added, then ReLU again."""

  repeats: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n h w c']:
    for i in range(self.repeats):
      y = x
      for j in range(2):
        block = keras_layers.ConvBlock(
          x.shape[-1], dtype=self.dtype, name=f'block_{i}_{j}'
        )
        y = block(y, train=train)
      x = nn.relu(x + y)
    return x


class Tower(nn.Module):
  """The rows of a table, one after the other; returns the map after each."""

  rows: tuple[lipgan_tables.Row, ...]
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> list[Float[Array, 'n _ _ _']]:
    maps = []
    for i, row in enumerate(self.rows):
      x = jnp.pad(x, ((0, 0), (row.top, 0), (0, 0), (0, 0)))
      block = keras_layers.ConvBlock(
        row.features,
        row.kernel_size,
        row.stride,
        row.valid,
        dtype=self.dtype,
        name=f'block_{i}',
      )
      residuals = Residuals(row.repeats, self.dtype, name=f'residuals_{i}')
      x = residuals(block(x, train=train), train=train)
      maps.append(x)
    return maps


class JudgeTower(nn.Module):
  """Convolution, MapNorm, leaky ReLU for every row; the last may be plain."""

  rows: tuple[lipgan_tables.Row, ...]
  dtype: Any
  plain_end: bool = True

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w c']) -> Float[Array, 'n d']:
    for i, row in enumerate(self.rows):
      x = jnp.pad(x, ((0, 0), (row.top, 0), (0, 0), (0, 0)))
      x = keras_layers.Conv(
        row.features,
        row.kernel_size,
        row.stride,
        row.valid,
        dtype=self.dtype,
        name=f'conv_{i}',
      )(x)
      if i + 1 < len(self.rows) or not self.plain_end:
        x = keras_layers.MapNorm(self.dtype, name=f'norm_{i}')(x)
        x = nn.leaky_relu(x, 0.2)
    return x[:, 0, 0].astype(layers.at_least_float32(self.dtype))


class Decoder(nn.Module):
  """Grows an embedding into a picture along the face tower's maps."""

  dtype: Any

  @nn.compact
  def __call__(
    self,
    embedding: Float[Array, 'n 1 1 d'],
    maps: list[Float[Array, 'n _ _ _']],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    x = embedding
    for i, skip in enumerate(maps[::-1]):
      size = skip.shape[1]
      stride = size // x.shape[1]  # The first makes 1 into 3 at stride 3.
      grow = keras_layers.TransposedConvBlock(
        skip.shape[-1],
        size,
        max(stride, 3),
        stride,
        dtype=self.dtype,
        name=f'grow_{i}',
      )
      x = grow(x, train=train)
      x = Residuals(
        2 if 0 < i < len(maps) - 1 else 0, self.dtype, name=f'residuals_{i}'
      )(x, train=train)
      x = jnp.concatenate([skip, x], -1)
    for i in range(2):
      block = keras_layers.ConvBlock(
        max(maps[0].shape[-1] // 2, 1), dtype=self.dtype, name=f'output_{i}'
      )
      x = block(x, train=train)
    picture = keras_layers.Conv(
      3,
      1,
      dtype=self.dtype,
      result_dtype=layers.at_least_float32(self.dtype),
      name='output',
    )
    return nn.sigmoid(picture(x))
