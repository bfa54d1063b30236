"""The towers Wav2Lip's networks are built from, each a table and one loop."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers


class Row(NamedTuple):
  """One convolution block of a table."""

  features: int
  kernel_size: int = 3
  stride: layers.Pair = 1
  padding: int = 1
  residual: bool = False


def pyramid(image_size: int) -> tuple[tuple[int, ...], int]:
  """Strides from `image_size` down to the bottleneck map, and that map's size.

  96 = 3 * 2^5 as in the papers. Another size has more or fewer halvings, not
  stretched maps: 48 and 192 end at 3 x 3, 64, 128 and 256 at 4 x 4. 288 would
  end at 9 x 9; it gets one more stage of stride 3, the deepest, where nine
  positions lose the least.

  Raises:
    ValueError: the size is below 24 or not one of these products.
  """
  size, strides = image_size, []
  for stride in (2, 3):
    while size > 4 and size % stride == 0:
      size //= stride
      strides.append(stride)
  if size not in (3, 4) or len(strides) < 3:
    raise ValueError(
      f'image_size {image_size} does not halve to 3 or 4 pixels; use 24, 32, '
      '48, 64, 96, 128, 192, 256, 288 or 384.'
    )
  return tuple(strides), size


def down(features: int, stride: int) -> Row:
  """A 3 x 3 block that divides the map by `stride`, exactly."""
  return Row(features, stride=stride, padding=1 if stride == 2 else 0)


class FaceEncoder(nn.Module):
  """Pictures to features; returns the map after every stage.

  `attention` is every block's.
  """

  stages: tuple[tuple[Row, ...], ...]
  dtype: Any = jnp.float32
  attention: Callable[..., nn.Module] | None = None

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> list[Float[Array, 'n _ _ _']]:
    maps = []
    for i, stage in enumerate(self.stages):
      for j, row in enumerate(stage):
        block = layers.ConvBlock(
          *row,
          dtype=self.dtype,
          attention=self.attention,
          name=f'stage_{i}_block_{j}',
        )
        x = block(x, train=train)
      maps.append(x)
    return maps


class AudioEncoder(nn.Module):
  """A log-mel window to one vector, as a 1 x 1 map.

  Attributes:
    width: channels of the first block; 32 in the papers.
    repeats: residual blocks after each of the first four.
    embedding: channels of the result.
    dtype: what it computes in.
    attention: every block's.
    memory: makes the module before block `memory_block`; it keeps the shape.
    memory_block: negative: from the end.
  """

  width: int = 32
  repeats: Sequence[int] = (2, 2, 2, 1)
  embedding: int = 512
  dtype: Any = jnp.float32
  attention: Callable[..., nn.Module] | None = None
  memory: Callable[..., nn.Module] | None = None
  memory_block: int = 0

  def table(self) -> list[Row]:
    rows = []
    strides = (1, (3, 1), 3, (3, 2))  # 80 x 16, 27 x 16, 9 x 6, 3 x 3
    for i, (stride, repeats) in enumerate(
      zip(strides, self.repeats, strict=True)
    ):
      features = self.width * 2**i
      rows.append(Row(features, stride=stride))
      rows += [Row(features, residual=True)] * repeats
    rows.append(Row(16 * self.width, padding=0))  # 1 x 1
    rows.append(Row(self.embedding, 1, padding=0))
    return rows

  @nn.compact
  def __call__(
    self, mel: Float[Array, 'n 80 16 1'], *, train: bool
  ) -> Float[Array, 'n 1 1 d']:
    x, table = mel, self.table()
    for i, row in enumerate(table):
      if self.memory and i == self.memory_block % len(table):
        x = self.memory(name='memory')(x)
      block = layers.ConvBlock(
        *row, dtype=self.dtype, attention=self.attention, name=f'block_{i}'
      )
      x = block(x, train=train)
    return x
