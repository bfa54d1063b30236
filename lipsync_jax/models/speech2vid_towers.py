"""The towers of Speech2Vid: sound in, stills in, picture out."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import keras_layers, layers


def embed(
  x: Float[Array, 'n h w c'], width: int, dtype: Any
) -> Float[Array, 'n d']:
  """Two dense layers with ReLU over all places."""
  x = x.reshape(x.shape[0], -1)
  x = nn.relu(keras_layers.dense(8 * width, dtype, 'dense_0')(x))
  return nn.relu(keras_layers.dense(4 * width, dtype, 'dense_1')(x))


class AudioEncoder(nn.Module):
  """MFCC to one vector."""

  width: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n f t 1'], *, train: bool
  ) -> Float[Array, 'n d']:
    pools = {1: (1, 2), 4: (2, 2)}  # 12 x 18, 6 x 9
    for i, factor in enumerate((1, 2, 4, 4, 8)):
      block = keras_layers.ConvBlock(
        factor * self.width, dtype=self.dtype, name=f'block_{i}'
      )
      x = block(x, train=train)
      if i in pools:
        x = keras_layers.max_pool(x, 3, pools[i])
    return embed(x, self.width, self.dtype)


class FaceEncoder(nn.Module):
  """Stills to one vector, and the maps of 1/4, 1/8 and 1/16 of their size."""

  width: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h h c'], *, train: bool
  ) -> tuple[Float[Array, 'n d'], list[Float[Array, 'n _ _ _']]]:
    def block(i, factor, *row):
      return keras_layers.ConvBlock(
        int(factor * self.width), *row, dtype=self.dtype, name=f'block_{i}'
      )

    quarter = keras_layers.max_pool(block(0, 1.5, 7, 2)(x, train=train), 3, 2)
    eighth = block(1, 4, 5, 2)(quarter, train=train)
    x = sixteenth = keras_layers.max_pool(eighth, 3, 2)
    for i in (2, 3, 4):
      x = block(i, 8)(x, train=train)
    maps = [quarter, eighth, sixteenth]
    return embed(x, self.width, self.dtype), maps


class FaceDecoder(nn.Module):
  """Grows an embedding into a picture along the face encoder's maps."""

  width: int
  image_size: int
  dtype: Any

  @nn.compact
  def __call__(
    self,
    embedding: Float[Array, 'n d'],
    maps: list[Float[Array, 'n _ _ _']],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    def grow(i, factor, *row):
      return keras_layers.TransposedConvBlock(
        int(factor * self.width), *row, dtype=self.dtype, name=f'grow_{i}'
      )

    size = maps[-1].shape[1]
    x = keras_layers.dense(2 * size**2, self.dtype, 'dense')(embedding)
    x = nn.relu(x).reshape(x.shape[0], size, size, 2)
    x = grow(0, 8, size, 6, 1)(x, train=train)
    x = grow(1, 4, size, 5, 1)(x, train=train)
    sizes = [maps[1].shape[1], maps[0].shape[1], -(-self.image_size // 2)]
    for i, factor in enumerate((1.5, 1.5, 1)):
      x = jnp.concatenate([x, maps[2 - i]], -1)
      x = grow(2 + i, factor, sizes[i], 5)(x, train=train)
    picture = keras_layers.TransposedConv(
      3,
      self.image_size,
      5,
      dtype=self.dtype,
      result_dtype=layers.at_least_float32(self.dtype),
      name='output',
    )
    return nn.sigmoid(picture(x))
