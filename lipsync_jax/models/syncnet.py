"""SyncNet v2, the published judge behind LSE-D and LSE-C.

Chung & Zisserman (2016), "Out of time: automated lip sync in the wild", in the
form of the released PyTorch weights (syncnet_v2.model).
"""

from typing import Any, ClassVar, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import faces_input, layers


class Pool(NamedTuple):
  """A max pool: window, stride and padding of rows and columns."""

  window: layers.Pair
  stride: layers.Pair
  padding: int = 0


Row = tuple[tuple[int, layers.Pair, layers.Pair, int], Pool | None]


# (channels, kernel, stride, padding), pool after the block. What is left of the
# map, named in the last comment, is taken by a convolution of its size.
AUDIO_TABLE: tuple[Row, ...] = (
  ((64, 3, 1, 1), None),  # 13 x 20
  ((192, 3, 1, 1), Pool(3, (1, 2))),  # 11 x 9
  ((384, 3, 1, 1), None),
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), Pool(3, 2)),  # 5 x 4
)
# Only the first convolution of the original spans time, all of it, so time is
# folded into its channels here and every convolution is two-dimensional.
FACE_TABLE: tuple[Row, ...] = (
  ((96, 7, 2, 0), Pool(3, 2)),  # 109, 54
  ((256, 5, 2, 1), Pool(3, 2, 1)),  # 26, 13
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), Pool(3, 2)),  # 6
)


def scaled(table: tuple[Row, ...], width: int, of: int) -> tuple[Row, ...]:
  """The table with `width` channels where it has `of`, and so on."""
  return tuple(
    ((max(1, channels * width // of), *row), pool)
    for (channels, *row), pool in table
  )


class Trunk(nn.Module):
  """The blocks and pools of a table, then one convolution over what is left."""

  table: tuple[Row, ...]
  features: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n d']:
    def block(i, *row):
      return layers.ConvBlock(*row, dtype=self.dtype, name=f'block_{i}')

    for i, (row, pool) in enumerate(self.table):
      x = block(i, *row)(x, train=train)
      if pool:
        margin = ((pool.padding,) * 2,) * 2
        window, stride = layers.pair(pool.window), layers.pair(pool.stride)
        x = nn.max_pool(x, window, stride, margin)
    last = block(len(self.table), self.features, x.shape[1:3], 1, 0)
    return last(x, train=train)[:, 0, 0]


class Tower(nn.Module):
  """A trunk and two dense layers."""

  table: tuple[Row, ...]
  hidden: int
  embedding: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n d']:
    hidden = self.hidden
    trunk = Trunk(self.table, hidden, self.dtype, name='trunk')
    x = trunk(x, train=train)
    x = layers.dense(hidden, hidden, self.dtype, 'dense_0')(x)
    x = layers.batch_norm(train=train, dtype=self.dtype, name='norm')(x)
    dtype = layers.at_least_float32(self.dtype)
    return layers.dense(self.embedding, hidden, dtype, 'dense_1')(nn.relu(x))


class SyncNet(nn.Module):
  """Embeds 0.2 s of MFCC and the five face pictures seen during it.

  13,631,616 parameters at width 64 and 224 pixels. Embeddings are not
  normalised: with the published weights they lie about 6 apart in sync and 13
  out of sync. It sees whole faces. The methods are those of `expert.Expert`.

  Attributes:
    width: channels of the first sound block; scales every channel count but
      the embedding's.
    image_size: side of the pictures; 224 published, at least 64.
    embedding: dimensions of the embeddings.
    dtype: what it computes in; parameters and embeddings stay float32.
  """

  sound: ClassVar[str] = 'mfcc'
  least_cosine: ClassVar[float] = -1.0

  width: int = 64
  image_size: int = 224
  embedding: int = 1024
  dtype: Any = jnp.float32

  def setup(self):
    if self.image_size < 64:
      raise ValueError(
        f'SyncNet needs pictures of at least 64 pixels, not {self.image_size}.'
      )

    def tower(table):
      table = scaled(table, self.width, of=64)
      return Tower(table, 8 * self.width, self.embedding, self.dtype)

    self.audio_encoder = tower(AUDIO_TABLE)
    self.face_encoder = tower(FACE_TABLE)

  def embed_audio(
    self, mfcc: Float[Array, 'n 13 20 1'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Float32 embeddings of MFCC windows at 100 Hz, of int16-scale sound."""
    return self.audio_encoder(mfcc, train=train)

  def embed_face(
    self, frames: Float[Array, 'n 5 h h 3'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Float32 embeddings of five face pictures each, RGB, 0..1."""
    faces_input.check_size(frames, self.image_size)
    # The published weights expect 0..255.
    return self.face_encoder(faces_input.fold_time(255 * frames), train=train)

  def __call__(
    self,
    mfcc: Float[Array, 'n 13 20 1'],
    frames: Float[Array, 'n 5 h h 3'],
    *,
    train: bool,
  ) -> tuple[Float[Array, 'n d'], Float[Array, 'n d']]:
    """The embeddings of sounds and of faces; see the two methods."""
    audio = self.embed_audio(mfcc, train=train)
    return audio, self.embed_face(frames, train=train)
