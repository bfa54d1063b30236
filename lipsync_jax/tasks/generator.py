"""What all generators of pictures have in common.

Batch: frames uint8 [b, t, h, w, 3]; reference uint8 [b, r, h, w, 3]: one still
for every frame (r = t), or the stills of a generator that takes several;
frame_sounds float32 [b, t, bands, rows, 1] (the sound around each frame).
"""

import dataclasses

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax import losses
from lipsync_jax.models import faces_input
from lipsync_jax.tasks import base


@dataclasses.dataclass(frozen=True)
class Task(base.Task):
  """A generator, drawn with and looked at; subclasses say what it learns from.

  Attributes:
    generator: the network, see `models.wav2lip.Generator`.
  """

  generator: nn.Module

  trained = ('generator',)

  def picture_loss(self, made, frames):
    """How far made frames are from true ones, [b, t, h, w, 3] 0..1: L1."""
    return losses.l1(made, frames)

  def init_generator(self, rng, batch):
    """Parameters and state of the generator; of `batch` only shapes matter."""
    inputs = [
      jnp.zeros((1, *x.shape[1:]), x.dtype)
      for x in jax.eval_shape(self._inputs, dict(batch))
    ]
    variables = self.generator.init(rng, *inputs, train=False, method='draw')
    params, state = base.split(variables)
    return {'generator': params}, {'generator': state}

  def generate(self, params, model_state, batch, *, train):
    """Frames [b, t, h, w, 3] of the generator, 0..1, and its new state."""
    made, state = base.apply(
      self.generator,
      params['generator'],
      model_state['generator'],
      *self._inputs(batch),
      train=train,
      method='draw',
    )
    t = batch['frames'].shape[1]
    return einops.rearrange(made, '(b t) h w c -> b t h w c', t=t), state

  def predict(self, params, model_state, batch):
    made, _ = self.generate(params, model_state, batch, train=False)
    reference = base.to_unit(batch['reference'])
    if reference.shape[1] != made.shape[1]:
      # One still stands for all frames where the generator takes several.
      reference = reference[:, :1]
    return {
      'reference': jnp.broadcast_to(reference, made.shape),
      'generated': made,
    }

  def _inputs(self, batch):
    """Sound, target and stills of every frame.

    Batch-major: time-major would gather every activation across devices.
    """
    frames, reference = (
      base.to_unit(batch[name]) for name in ('frames', 'reference')
    )
    b, t = frames.shape[:2]
    if self.generator.stills == 1 and reference.shape[1] == t:
      stills = einops.rearrange(reference, 'b t h w c -> (b t) 1 h w c')
    else:
      stills = jnp.repeat(reference[:, : self.generator.stills], t, axis=0)
    sounds = einops.rearrange(batch['frame_sounds'], 'b t ... -> (b t) ...')
    return sounds, frames.reshape(b * t, *frames.shape[2:]), stills


def masked(batch: base.Batch) -> Float[Array, 'b t h w 3']:
  """The targets as a generator that hides their lower halves sees them."""
  return faces_input.hide_lower_half(base.to_unit(batch['frames']))
