"""LipGAN (Prajwal et al., 2019): L1 and a judge of face and sound together.

The discriminator measures how far a face is from a sound. It learns to bring
true pairs together and to push apart made faces and true faces with another's
sound; the generator wants its faces close. Both are updated from the same
state; the authors' script updates the discriminator first.
"""

import dataclasses

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp

from lipsync_jax import losses
from lipsync_jax.tasks import base, generator


@dataclasses.dataclass(frozen=True)
class Task(generator.Task):
  """The networks and the weight of the contrastive GAN term.

  Batch: that of `generator`, of two clips or more.

  Weights: {'adversarial': a}; L1 weighs 1.

  Attributes:
    generator: the network to train.
    discriminator: `models.lipgan.Discriminator`, which hears the same sound.
    adversarial_weight: a; 0.01 in the authors' code.
    margin: distance beyond which a false pair is left in peace; 1 there.
  """

  discriminator: nn.Module
  adversarial_weight: float = 0.01
  margin: float = 1.0

  trained = ('generator', 'discriminator')

  def init(self, rng, batch):
    params, model_state = self.init_generator(rng, batch)
    frames = jnp.zeros((1, *batch['frames'].shape[2:]))
    sound = jnp.zeros((1, *batch['frame_sounds'].shape[2:]))
    variables = self.discriminator.init(
      jax.random.fold_in(rng, 1), frames, sound
    )
    params['discriminator'], _ = base.split(variables)
    return params, model_state

  def initial_weights(self):
    return {'adversarial': self.adversarial_weight}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    frames = base.to_unit(batch['frames'])
    fake, state = self.generate(params, model_state, batch, train=train)
    own = batch['frame_sounds']
    if len(own) < 2:
      raise ValueError(
        'LipGAN takes false sounds from another clip: batch_size must be 2 or '
        'more.'
      )
    # Either a made face with its sound, or a true one with another clip's. The
    # authors toss one coin a step; here one a clip, which is steadier.
    made = jax.random.bernoulli(rng, 0.5, (len(own), 1, 1, 1, 1))
    other = jnp.roll(own, len(own) // 2, axis=0)
    judge, frozen = (
      params['discriminator'],
      base.freeze(params['discriminator']),
    )
    # Side by side in time and judged at once: apart, each would have its
    # gradients reduced over the devices.
    both = self._distances(
      judge,
      jnp.concatenate(
        [frames, jnp.where(made, base.freeze(fake), frames)], axis=1
      ),
      jnp.concatenate([own, jnp.where(made, own, other)], axis=1),
    )
    true, false = jnp.split(both.reshape(len(own), -1), 2, axis=1)
    l1 = self.picture_loss(fake, frames)
    adversarial = self._contrastive(self._distances(frozen, fake, own), 1.0)
    real_loss, fake_loss = (
      self._contrastive(true, 1.0),
      self._contrastive(false, 0.0),
    )
    total = l1 + weights['adversarial'] * adversarial
    metrics = {
      'loss': total,
      'l1': l1,
      'adversarial': adversarial,
      'real': real_loss,
      'fake': fake_loss,
      'distance_true': true.mean(),
      'distance_false': false.mean(),
    }
    trained = {'generator': total, 'discriminator': real_loss + fake_loss}
    return trained, (model_state | {'generator': state}, metrics)

  def predict(self, params, model_state, batch):
    pictures = super().predict(params, model_state, batch)
    return pictures | {'masked': generator.masked(batch)}

  def _distances(self, params, frames, sounds):
    """Of every frame [b, t, h, w, 3] to its sound [b, t, ...]: [b t]."""
    return self.discriminator.apply(
      {'params': params},
      einops.rearrange(frames, 'b t ... -> (b t) ...'),
      einops.rearrange(sounds, 'b t ... -> (b t) ...'),
    )

  def _contrastive(self, distance, label):
    # The authors do not halve it as SyncNet's does.
    return 2 * losses.contrastive_of_distances(
      distance, label, margin=self.margin
    )
