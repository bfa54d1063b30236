"""SyncNet v2, the published judge behind LSE-D and LSE-C.

Chung & Zisserman (2016), "Out of time: automated lip sync in the wild", in the
form of the released PyTorch weights (syncnet_v2.model).
"""

from typing import Any, NamedTuple

import einops
import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers


class Pool(NamedTuple):
  """A max pool: window, stride and padding of rows and columns."""

  window: layers.Pair
  stride: layers.Pair
  padding: int = 0


# (features, kernel, stride, padding), pool after the block.
AUDIO_TABLE = (
  ((64, 3, 1, 1), None),  # 13 x 20
  ((192, 3, 1, 1), Pool(3, (1, 2))),  # 11 x 9
  ((384, 3, 1, 1), None),
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), Pool(3, 2)),  # 5 x 4
  ((512, (5, 4), 1, 0), None),  # 1 x 1
)
# Only the first convolution of the original spans time, all of it, so time is
# folded into its channels here and every convolution is two-dimensional.
FACE_TABLE = (
  ((96, 7, 2, 0), Pool(3, 2)),  # 109, 54
  ((256, 5, 2, 1), Pool(3, 2, 1)),  # 26, 13
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), None),
  ((256, 3, 1, 1), Pool(3, 2)),  # 6
  ((512, 6, 1, 0), None),  # 1
)


class Tower(nn.Module):
  """Blocks and pools down to one place, then two dense layers."""

  table: tuple
  embedding: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n d']:
    for i, (row, pool) in enumerate(self.table):
      block = layers.ConvBlock(*row, dtype=self.dtype, name=f'block_{i}')
      x = block(x, train=train)
      if pool:
        margin = ((pool.padding,) * 2,) * 2
        window, stride = layers.pair(pool.window), layers.pair(pool.stride)
        x = nn.max_pool(x, window, stride, margin)
    x = x[:, 0, 0]
    hidden = x.shape[-1]
    x = layers.dense(hidden, hidden, self.dtype, 'dense_0')(x)
    x = layers.batch_norm(train=train, dtype=self.dtype, name='norm')(x)
    dtype = layers.at_least_float32(self.dtype)
    return layers.dense(self.embedding, hidden, dtype, 'dense_1')(nn.relu(x))


class SyncNet(nn.Module):
  """Embeds 0.2 s of MFCC and the five face pictures seen during it.

  13,631,616 parameters. Embeddings are not normalised: in sync they lie about
  6 apart, out of sync about 13. Faces, not mouths; the methods embed one
  modality: `apply(variables, mfcc, train=False, method='embed_audio')`.
  """

  embedding: int = 1024
  dtype: Any = jnp.float32

  def setup(self):
    self.audio_encoder = Tower(AUDIO_TABLE, self.embedding, self.dtype)
    self.face_encoder = Tower(FACE_TABLE, self.embedding, self.dtype)

  def embed_audio(
    self, mfcc: Float[Array, 'n 13 20 1'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Float32 embeddings of MFCC windows at 100 Hz, of int16-scale sound."""
    return self.audio_encoder(mfcc, train=train)

  def embed_face(
    self, frames: Float[Array, 'n 5 224 224 3'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Float32 embeddings of five face pictures each, RGB, 0..255."""
    folded = einops.rearrange(frames, 'n t h w c -> n h w (t c)')
    return self.face_encoder(folded, train=train)

  def __call__(
    self,
    mfcc: Float[Array, 'n 13 20 1'],
    frames: Float[Array, 'n 5 224 224 3'],
    *,
    train: bool,
  ) -> tuple[Float[Array, 'n d'], Float[Array, 'n d']]:
    """The embeddings of sounds and of faces; see the two methods."""
    audio = self.embed_audio(mfcc, train=train)
    return audio, self.embed_face(frames, train=train)
