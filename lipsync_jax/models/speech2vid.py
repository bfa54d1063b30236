"""Speech2Vid (Chung, Jamaludin & Zisserman, 2017, "You said that?").

The authors' code is MATLAB and was not at hand. This is the Keras port of
github.com/Sindhu-Hegde/you_said_that, layer for layer, with its BatchNorm; but
the masked target that the port always adds is an option here, as the paper
takes the pose from the stills. The paper's deblurring network is not part of
it, nor are the weights it starts from (SyncNet's and VGG-Face's).
"""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import faces_input, lipgan_tables, speech2vid_towers


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
    audio = speech2vid_towers.AudioEncoder(
      self.width, self.dtype, name='audio_encoder'
    )(sound, train=train)
    face, maps = speech2vid_towers.FaceEncoder(
      self.width, self.dtype, name='face_encoder'
    )(identity, train=train)
    return speech2vid_towers.FaceDecoder(
      self.width, size, self.dtype, name='face_decoder'
    )(jnp.concatenate([audio, face], -1), maps, train=train)

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
    identity = faces_input.fold_time(stills)
    if self.pose_prior:
      hidden = faces_input.hide_lower_half(target)
      identity = jnp.concatenate([identity, hidden], -1)
    return self(sound, identity, train=train)
