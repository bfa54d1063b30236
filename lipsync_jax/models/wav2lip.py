"""The Wav2Lip generator (Prajwal et al., 2020, arXiv:2008.10010)."""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import decoders, encoders, faces_input

Row = encoders.Row


class Generator(nn.Module):
  """A face U-Net whose innermost input is the sound.

  36,298,035 parameters at width 16 and 96 pixels. Every generator has `draw`,
  which makes its published input of whole pictures, `sound`, what it hears
  (input_pipeline.alignment.SOUNDS), `stills`, how many reference pictures it
  takes, and `sees_target`, whether it sees the target's upper half.

  Attributes:
    width: channels at full resolution; scales every channel count.
    image_size: side of the pictures; `encoders.pyramid` says which work.
    dtype: what it computes in; parameters and the result stay float32.
  """

  sound: ClassVar[str] = 'mel'
  stills: ClassVar[int] = 1
  sees_target: ClassVar[bool] = True

  width: int = 16
  image_size: int = 96
  dtype: Any = jnp.float32

  def face_stages(self) -> tuple[tuple[Row, ...], ...]:
    strides, bottleneck = encoders.pyramid(self.image_size)
    repeats = ([2, 3] + [2] * len(strides))[: len(strides) - 1] + [1]
    stages = [[Row(self.width, 7, padding=3)]]
    for i, stride in enumerate(strides):
      features = self.width * min(2 ** (i + 1), 32)
      stage = [Row(features, residual=True)] * repeats[i]
      stages.append([encoders.down(features, stride), *stage])
    deepest = 32 * self.width
    stages.append(
      [Row(deepest, bottleneck, padding=0), Row(deepest, 1, padding=0)]
    )
    return tuple(map(tuple, stages))

  @nn.compact
  def __call__(
    self,
    mel: Float[Array, 'n 80 16 1'],
    face: Float[Array, 'n h h 6'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """Pictures whose mouths say what is heard.

    Args:
      mel: log-mel window around each picture, -4..4.
      face: target RGB, its lower half zero, then reference RGB; 0..1.
      train: normalise by the batch and update the running statistics.

    Returns:
      RGB pictures, float32, 0..1.
    """
    if face.shape[1] != self.image_size:
      raise ValueError(
        f'Pictures are {face.shape[1]} pixels, image_size {self.image_size}.'
      )
    embedding = encoders.AudioEncoder(
      width=2 * self.width,
      embedding=32 * self.width,
      dtype=self.dtype,
      name='audio_encoder',
    )(mel, train=train)
    maps = encoders.FaceEncoder(
      self.face_stages(), dtype=self.dtype, name='face_encoder'
    )(face, train=train)
    return decoders.FaceDecoder(
      self.width, self.image_size, dtype=self.dtype, name='face_decoder'
    )(embedding, maps, train=train)

  def draw(
    self,
    sound: Float[Array, 'n 80 16 1'],
    target: Float[Array, 'n h h 3'],
    stills: Float[Array, 'n 1 h h 3'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """Targets with new mouths; their lower halves are not looked at.

    Args:
      sound: log-mel window around each picture, -4..4.
      target: RGB, 0..1.
      stills: RGB, 0..1, the same person at another moment.
      train: see `__call__`.
    """
    return self(sound, generator_input(target, stills[:, 0]), train=train)


def generator_input(
  target: Float[Array, '*n h w 3'], reference: Float[Array, '*n h w 3']
) -> Float[Array, '*n h w 6']:
  """The target with its lower half black, then the reference, by channel."""
  masked = faces_input.hide_lower_half(target)
  return jnp.concatenate([masked, reference], -1)
