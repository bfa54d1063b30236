"""Speech2Vid (Chung, Jamaludin & Zisserman, 2017, "You said that?").

The authors' code is MATLAB and was not at hand. This is the Keras port of
github.com/Sindhu-Hegde/you_said_that, layer for layer, with its BatchNorm; but
the masked target that the port always adds is an option here, as the paper
takes the pose from the stills. The paper's deblurring network is not part of
it, nor are the weights it starts from (SyncNet's and VGG-Face's).
"""

from typing import Any, ClassVar

import einops
import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import (
  faces_input,
  keras_layers,
  layers,
  lipgan_tables,
)


class Generator(nn.Module):
  """Animates stills of a person by 0.35 s of sound; trained by L1 alone.

  Parameters at width 64 and 112 pixels: 41,691,877 with one still, 41,748,325
  with five, 14,112 more with the pose prior (no published count is known).
  Two dense layers are over all places of the deepest map, ceil(h / 16) square,
  so the count grows with the picture.

  Attributes:
    width: channels of the first audio block; scales every channel count but
      the two of the map that the decoder begins with.
    image_size: side of the pictures, 16 at least. Maps halve rounding up.
    stills: pictures of the person per example; 1 or 5 in the paper.
    pose_prior: also take the upper half of the target, as the port does.
    dtype: what it computes in; parameters and the result stay float32.
  """

  sound: ClassVar[str] = 'mfcc35'

  width: int = 64
  image_size: int = 112
  stills: int = 1
  pose_prior: bool = False
  dtype: Any = jnp.float32

  @property
  def sees_target(self) -> bool:
    return self.pose_prior

  @nn.compact
  def __call__(
    self,
    sound: Float[Array, 'n f t 1'],
    identity: Float[Array, 'n h h c'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """Pictures whose mouths say what is heard.

    Args:
      sound: MFCC 1 to 12 (no energy) at 100 Hz around each picture,
        [n, 12, 35, 1].
      identity: the stills' RGB, one after the other, then with `pose_prior`
        the target's with its lower half zero; 0..1.
      train: normalise by the batch and update the running statistics.

    Returns:
      RGB pictures, float32, 0..1.

    Raises:
      ValueError: sound or pictures are not of the size the fields say.
    """
    size, channels = self.image_size, 3 * (self.stills + self.pose_prior)
    if size < 16:
      raise ValueError(f'image_size is {size}, at least 16 are needed.')
    lipgan_tables.check_sound(sound, self.sound)
    if identity.shape[1:] != (size, size, channels):
      raise ValueError(
        f'Expected pictures of {(size, size, channels)}, got '
        f'{identity.shape[1:]}.'
      )
    audio = AudioEncoder(self.width, self.dtype, name='audio_encoder')(
      sound, train=train
    )
    face, maps = FaceEncoder(self.width, self.dtype, name='face_encoder')(
      identity, train=train
    )
    return FaceDecoder(self.width, size, self.dtype, name='face_decoder')(
      jnp.concatenate([audio, face], -1), maps, train=train
    )

  def draw(
    self,
    sound: Float[Array, 'n f t 1'],
    target: Float[Array, 'n h h 3'],
    stills: Float[Array, 'n k h h 3'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """`__call__` of RGB pictures 0..1; without pose prior `target` is unused.

    Raises:
      ValueError: there are not `self.stills` stills, or as `__call__`.
    """
    if stills.shape[1] != self.stills:
      raise ValueError(f'{stills.shape[1]} stills, expected {self.stills}.')
    identity = einops.rearrange(stills, 'n k h w c -> n h w (k c)')
    if self.pose_prior:
      hidden = faces_input.hide_lower_half(target)
      identity = jnp.concatenate([identity, hidden], -1)
    return self(sound, identity, train=train)


def embed(
  x: Float[Array, 'n h w c'], width: int, dtype: Any
) -> Float[Array, 'n d']:
  """Two dense layers with ReLU over all places."""
  x = x.reshape(len(x), -1)
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
    x = nn.relu(x).reshape(len(x), size, size, 2)
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
      dtype=layers.at_least_float32(self.dtype),
      name='output',
    )
    return nn.sigmoid(picture(x))
