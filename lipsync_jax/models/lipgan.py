"""LipGAN: a face U-Net led by sound, and a judge of picture and sound.

Prajwal et al. (2019), "Towards Automatic Face-to-Face Translation". Of the
authors' two branches 'mel27' is fully_pythonic, 'mfcc35_lipgan' master.
"""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax import losses
from lipsync_jax.models import (
  faces_input,
  lipgan_tables,
  lipgan_towers,
)


class Generator(nn.Module):
  """The "residual" generator of the authors' code.

  At width 32 and 96 pixels 49,543,123 parameters and 30,848 BatchNorm
  statistics with 'mel27', 71,331,987 and 38,592 with 'mfcc35_lipgan'. A layer
  of master whose result is never used (512@1 in the decoder) is left out.

  Attributes:
    width: channels at full resolution; scales every channel count.
    image_size: side of the pictures; `encoders.pyramid` says which work.
    sound: name of the sound features, 'mel27' or 'mfcc35_lipgan'.
    dtype: what it computes in; parameters and the result stay float32.
  """

  stills: ClassVar[int] = 1
  sees_target: ClassVar[bool] = True

  width: int = 32
  image_size: int = 96
  sound: str = 'mel27'
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self,
    sound: Float[Array, 'n f t 1'],
    face: Float[Array, 'n h h 6'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """Pictures whose mouths say what is heard.

    Args:
      sound: the features named by `self.sound`, around each picture: log-mel
        -4..4 [n, 80, 27, 1], or MFCC [n, 12, 35, 1].
      face: still RGB, then target RGB with its lower half zero; 0..1.
      train: normalise by the batch and update the running statistics.

    Returns:
      RGB pictures, float32, 0..1.

    Raises:
      ValueError: sound or pictures are not of the size the fields say.
    """
    _check(sound, self.sound, face, self.image_size)
    faces = lipgan_towers.Tower(
      tuple(lipgan_tables.face_rows(self.width, self.image_size)),
      self.dtype,
      name='face_encoder',
    )(face, train=train)
    sounds = lipgan_towers.Tower(
      tuple(lipgan_tables.audio_rows(self.sound, self.width)),
      self.dtype,
      name='audio_encoder',
    )(sound, train=train)
    embedding = jnp.concatenate([faces[-1], sounds[-1]], -1)
    # The two last maps of the tower are 1 x 1 and no skips.
    return lipgan_towers.Decoder(self.dtype, name='face_decoder')(
      embedding, faces[:-2], train=train
    )

  def draw(
    self,
    sound: Float[Array, 'n f t 1'],
    target: Float[Array, 'n h h 3'],
    stills: Float[Array, 'n k h h 3'],
    *,
    train: bool,
  ) -> Float[Array, 'n h h 3']:
    """`__call__` of RGB pictures 0..1; hides the target's lower half.

    Raises:
      ValueError: there is more than one still, or as `__call__`.
    """
    if stills.shape[1] != self.stills:
      raise ValueError(f'{stills.shape[1]} stills, expected {self.stills}.')
    face = jnp.concatenate(
      [stills[:, 0], faces_input.hide_lower_half(target)], -1
    )
    return self(sound, face, train=train)


class Discriminator(nn.Module):
  """How far apart a whole face and a sound are; sees one picture at a time.

  8,240,022 parameters with 'mel27', 14,382,742 with 'mfcc35_lipgan', at width
  32 and 96 pixels. There is no BatchNorm and so no `train`.

  Attributes:
    width: half the channels of the first face block; scales every count.
    image_size: side of the pictures; `encoders.pyramid` says which work.
    sound: name of the sound features, 'mel27' or 'mfcc35_lipgan'.
    dtype: what it computes in; parameters and distances stay float32.
  """

  width: int = 32
  image_size: int = 96
  sound: str = 'mel27'
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, frames: Float[Array, 'n h h 3'], sound: Float[Array, 'n f t 1']
  ) -> Float[Array, 'n']:
    """Distances of unit vectors, float32, 0 (belong together) to 2.

    Args:
      frames: RGB pictures, 0..1.
      sound: as the generator takes it.

    Raises:
      ValueError: sound or pictures are not of the size the fields say.
    """
    _check(sound, self.sound, frames, self.image_size)
    face = lipgan_towers.JudgeTower(
      tuple(lipgan_tables.judge_face_rows(self.width, self.image_size)),
      self.dtype,
      name='face_encoder',
    )(frames)
    audio = lipgan_towers.JudgeTower(
      tuple(lipgan_tables.judge_audio_rows(self.sound, self.width)),
      self.dtype,
      plain_end=self.sound != 'mel27',
      name='audio_encoder',
    )(sound)
    return losses.distances(losses.unit(audio), losses.unit(face))


def _check(sound: Array, name: str, pictures: Array, image_size: int) -> None:
  lipgan_tables.check_sound(sound, name)
  if pictures.shape[1] != image_size:
    raise ValueError(
      f'Pictures are {pictures.shape[1]} pixels, image_size {image_size}.'
    )
