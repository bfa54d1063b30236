"""SyncNet as printed in the paper.

Chung & Zisserman (2016), "Out of time: automated lip sync in the wild", figure
of the two streams: VGG-M style, grey mouths, 256 dimensions. The weights that
were released later are of another network, `syncnet.SyncNet`.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import faces_input, layers, syncnet

Pool = syncnet.Pool
# The paper prints kernels, not strides. Its 1 x 3 pool after the second sound
# block leaves 6 x 4 of 13 x 20, not the 5 x 4 that fc6 takes; it fits 12 rows,
# as the released MATLAB networks have (c0 dropped). Here the input stays as
# printed and the pool is 3 x 3, as in the released PyTorch network: so all
# SyncNets hear the same.
AUDIO_TABLE: tuple[syncnet.Row, ...] = (
  ((96, 3, 1, 1), None),  # 13 x 20
  ((256, 3, 1, 1), Pool(3, (1, 2))),  # 11 x 9
  ((512, 3, 1, 1), None),
  ((512, 3, 1, 1), None),
  ((512, 3, 1, 1), Pool(3, 2)),  # 5 x 4
)
# 111 (the text), not 120 (the figure), ends at fc6's 6 x 6: without padding,
# and with the last pool's stride of the released MATLAB network.
FACE_TABLE: tuple[syncnet.Row, ...] = (
  ((96, 3, 1, 0), Pool(3, 2)),  # 109, 54
  ((256, 3, 1, 0), Pool(3, 2)),  # 52, 25
  ((512, 3, 1, 0), None),  # 23
  ((512, 3, 1, 0), None),  # 21
  ((512, 3, 1, 0), Pool(3, 3)),  # 19, 6
)
_WIDTH = 96
_FC6 = 4096
_LEAST_INPUT = 45  # leaves one place after the last pool
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Tower(nn.Module):
  """A trunk that ends in fc6, and fc7."""

  table: tuple[syncnet.Row, ...]
  hidden: int
  embedding: int
  dtype: Any

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n d']:
    trunk = syncnet.Trunk(self.table, self.hidden, self.dtype, name='trunk')
    x = trunk(x, train=train)
    dtype = layers.at_least_float32(self.dtype)
    return layers.dense(self.embedding, self.hidden, dtype, 'dense')(x)


class SyncNet(syncnet.SyncNet):
  """Embeds 0.2 s of MFCC and the five mouths seen during it.

  131,818,112 parameters at width 96 and pictures of 111 pixels. The methods are
  those of `expert.Expert`. Embeddings are not normalised.

  BatchNorm and ReLU follow every layer but fc7: the paper does not mention
  BatchNorm, its released networks have it. The MATLAB ones have both after fc7
  too; the later PyTorch one, as here, neither.

  Attributes:
    width: channels of the first blocks; scales every channel count but the
      embedding's.
    image_size: side of the face pictures that are given.
    embedding: dimensions of the embeddings.
    dtype: what it computes in; parameters and embeddings stay float32.
    input_size: side that mouths are resized to; 111 published, at least 45.
      fc6 takes what the pools leave of it.
  """

  width: int = _WIDTH
  embedding: int = 256
  input_size: int = 111

  def setup(self):
    if self.input_size < _LEAST_INPUT:
      raise ValueError(
        f'SyncNet needs an input_size of at least {_LEAST_INPUT}, not '
        f'{self.input_size}.'
      )

    def tower(table):
      table = syncnet.scaled(table, self.width, of=_WIDTH)
      hidden = max(1, _FC6 * self.width // _WIDTH)
      return Tower(table, hidden, self.embedding, self.dtype)

    self.audio_encoder = tower(AUDIO_TABLE)
    self.face_encoder = tower(FACE_TABLE)

  def embed_face(
    self, frames: Float[Array, 'n 5 h h 3'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Float32 embeddings of five whole faces each, RGB, 0..1."""
    faces_input.check_size(frames, self.image_size)
    return self.face_encoder(mouths(frames, self.input_size), train=train)


def mouths(
  frames: Float[Array, 'n t h h 3'], size: int
) -> Float[Array, 'n s s t']:
  """The squares around the mouths, grey, 0..255, time as channels.

  The paper cuts the mouth out by landmarks. Here it is the square of 3/5 the
  face picture's side at the bottom, centred: rows and columns from 0.4 h and
  0.2 h on.

  Args:
    frames: whole faces, RGB, 0..1.
    size: of the result.
  """
  n, t, h = frames.shape[:3]
  side = 3 * h // 5
  left = (h - side) // 2
  square = frames[:, :, h - side :, left : left + side]
  grey = 255 * (square @ jnp.array(_LUMA, frames.dtype))
  small = jax.image.resize(grey, (n, t, size, size), 'linear', antialias=True)
  return jnp.moveaxis(small, 1, -1)
