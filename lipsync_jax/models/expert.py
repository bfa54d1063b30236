"""The lip-sync expert of Wav2Lip: do five mouths and a sound belong together?

SyncNet_color of arXiv:2008.10010; the towers end in a ReLU, so cosines of its
embeddings lie in 0..1.
"""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax import losses
from lipsync_jax.models import encoders, faces_input, layers

Row = encoders.Row


class Expert(nn.Module):
  """Embeds a window of sound and the mouths seen during it.

  16,435,072 parameters at width 32 and 96 pixels. Methods for one tower only:
  `expert.apply(variables, mel, train=False, method='embed_audio')`.

  Every expert has these three methods and two constants: `sound`, what it
  hears (input_pipeline.alignment.SOUNDS), and `least_cosine`, the smallest
  cosine its embeddings can have.

  Attributes:
    width: channels of the first blocks; scales every channel count but the
      embedding's.
    image_size: side of the pictures, of which it sees the lower halves.
    embedding: dimensions of the embeddings.
    dtype: what it computes in; parameters and embeddings stay float32.
  """

  sound: ClassVar[str] = 'mel'
  least_cosine: ClassVar[float] = 0.0

  width: int = 32
  image_size: int = 96
  embedding: int = 512
  dtype: Any = jnp.float32

  def setup(self):
    self.audio_encoder = encoders.AudioEncoder(
      self.width, (2, 2, 2, 2), self.embedding, self.dtype
    )
    self.face_encoder = encoders.FaceEncoder(self.face_stages(), self.dtype)

  def face_stages(self) -> tuple[tuple[Row, ...], ...]:
    strides, bottleneck = encoders.pyramid(self.image_size)
    repeats = ([2, 3] + [2] * len(strides))[: len(strides) - 1] + [0]
    rows = [Row(self.width, 7, padding=3)]
    for i, stride in enumerate(strides):
      features = self.width * min(2 ** (i + 1), 16)
      # The half picture becomes square here. Padding 1 under a 5 x 5 kernel
      # (48 x 96 -> 46 x 47) is the published network's; 2 would be other
      # weights.
      square = Row(features, 5, (1, 2), padding=1)
      rows.append(square if i == 0 else encoders.down(features, stride))
      rows += [Row(features, residual=True)] * repeats[i]
    rows.append(Row(16 * self.width, bottleneck, padding=0))
    rows.append(Row(self.embedding, 1, padding=0))
    return (tuple(rows),)

  def embed_audio(
    self, mel: Float[Array, 'n 80 16 1'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Unit vectors, float32, of log-mel windows (-4..4, five frames long)."""
    return _unit(self.audio_encoder(mel, train=train))

  def embed_face(
    self, frames: Float[Array, 'n 5 h h 3'], *, train: bool
  ) -> Float[Array, 'n d']:
    """Unit vectors, float32, of five faces each, RGB, 0..1."""
    faces_input.check_size(frames, self.image_size)
    mouths = faces_input.fold_time(faces_input.lower_half(frames))
    return _unit(self.face_encoder(mouths, train=train)[-1])

  def __call__(
    self,
    mel: Float[Array, 'n 80 16 1'],
    frames: Float[Array, 'n 5 h h 3'],
    *,
    train: bool,
  ) -> tuple[Float[Array, 'n d'], Float[Array, 'n d']]:
    """The embeddings of sounds and of mouths; see the two methods."""
    audio = self.embed_audio(mel, train=train)
    return audio, self.embed_face(frames, train=train)


def _unit(x: Float[Array, 'n 1 1 d']) -> Float[Array, 'n d']:
  return losses.unit(x[:, 0, 0].astype(layers.at_least_float32(x.dtype)))
