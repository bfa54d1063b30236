"""Wav2Lip, with the visual-quality discriminator or without.

The generator is pulled by three terms: looking like the truth (L1), being in
sync in the ears of a frozen expert, and, with a discriminator, looking real.
Generator and discriminator are updated from the same state, as in the
reference: the discriminator judges the pictures of the step's old generator.
"""

import dataclasses
import math

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp

from lipsync_jax import losses
from lipsync_jax.models import faces_input
from lipsync_jax.tasks import base, generator, sync_term


@dataclasses.dataclass(frozen=True)
class Task(generator.Task):
  """The networks and the numbers that weigh their losses.

  Batch: that of `generator`, and sound float32 [b, bands, rows, 1] (of all t
  frames, for the expert).

  Weights: {'sync': s, 'adversarial': a}; L1 weighs 1 - s - a.

  Attributes:
    generator: the network to train.
    expert: judges sync; params['expert'] comes from its own training.
    discriminator: adds the adversarial term; None leaves it out.
    sync_loss: how the expert is listened to, see `sync_term.SyncTerm`.
    sync_margin: of an expert that was trained by distances.
    sync_weight: s once the gate is open. Wav2Lip's code: 0.01 without, 0.03
      with the discriminator; its paper 0.03.
    sync_gate: s stays 0 until the validation sync loss is below this; inf
      opens it from the first step.
    adversarial_weight: a. hq_wav2lip_train.py: 0.07.
    expert_batch_stats: see `sync_term.SyncTerm`.
    frozen_statistics: the generator's BatchNorm keeps what its earlier training
      found. Batches of one speaker would normalise away who that is.
  """

  expert: nn.Module
  discriminator: nn.Module | None = None
  sync_loss: str = 'matching'
  sync_weight: float = 0.01
  sync_gate: float = 0.75
  adversarial_weight: float = 0.07
  expert_batch_stats: bool = False
  sync_margin: float = 1.0
  frozen_statistics: bool = False

  def __post_init__(self):
    self.sync  # noqa: B018 - fails now where the loss is unknown.

  @property
  def sync(self) -> sync_term.SyncTerm:
    return sync_term.SyncTerm(
      self.expert, self.sync_loss, self.expert_batch_stats, self.sync_margin
    )

  @property
  def trained(self):
    judged = self.discriminator is not None
    return ('generator', 'discriminator') if judged else ('generator',)

  @property
  def frozen(self):
    return self.sync.frozen

  def init(self, rng, batch):
    rngs = [jax.random.fold_in(rng, i) for i in range(3)]
    params, model_state = self.init_generator(rngs[0], batch)
    for part, filled in zip(
      (params, model_state),
      self.sync.init(rngs[1], batch['sound'], batch['frames']),
      strict=True,
    ):
      part |= filled
    if self.discriminator is not None:
      h, w = batch['frames'].shape[2:4]
      mouth = jnp.zeros((1, h // 2, w, 3))
      params['discriminator'], _ = base.split(
        self.discriminator.init(rngs[2], mouth)
      )
    return params, model_state

  def initial_weights(self):
    weights = {'sync': self.sync_weight if self.sync_gate == math.inf else 0.0}
    if self.discriminator is not None:
      weights['adversarial'] = self.adversarial_weight
    return weights

  def next_weights(self, weights, metrics):
    """Opens the sync gate, for good, once the mouths are good enough."""
    weights = dict(weights)
    if weights['sync'] == 0 and metrics['sync'] < self.sync_gate:
      weights['sync'] = self.sync_weight
    return weights

  def loss(self, params, model_state, batch, *, weights, rng, train):
    del rng  # Nothing is drawn.
    frames = base.to_unit(batch['frames'])
    fake, generator_state = self.generate(
      params, model_state, batch, train=train and not self.frozen_statistics
    )
    l1 = self.picture_loss(fake, frames)
    sync, cosine = self.sync.loss(params, model_state, batch['sound'], fake)
    metrics = {'l1': l1, 'sync': sync, 'sync_cosine': cosine}
    # As with an open gate: before and after it opens, steps can be compared.
    metrics['l1_and_sync'] = l1 + self.sync_weight * (sync - l1)
    l1_weight = 1 - weights['sync']
    total = weights['sync'] * sync
    trained = {}
    if self.discriminator is not None:
      adversarial, real_loss, fake_loss = self._judge(
        params['discriminator'], frames, fake
      )
      l1_weight -= weights['adversarial']
      total += weights['adversarial'] * adversarial
      trained['discriminator'] = real_loss + fake_loss
      metrics |= {'adversarial': adversarial}
      metrics |= {'real': real_loss, 'fake': fake_loss}
    trained['generator'] = total + l1_weight * l1
    metrics['loss'] = trained['generator']
    return trained, (model_state | {'generator': generator_state}, metrics)

  def predict(self, params, model_state, batch):
    pictures = super().predict(params, model_state, batch)
    return pictures | {'masked': generator.masked(batch)}

  def _judge(self, params, frames, fake):
    """The generator's adversarial loss, the discriminator's real and fake."""

    def logits(params, frames):
      mouths = einops.rearrange(
        faces_input.lower_half(frames), 'b t h w c -> (b t) h w c'
      )
      return self.discriminator.apply({'params': params}, mouths)

    # Side by side in time, not in the batch, which would have to be resharded;
    # and judged at once: apart, each would have its gradients reduced.
    t = frames.shape[1]
    both = logits(params, jnp.concatenate([frames, base.freeze(fake)], 1))
    real, made = jnp.split(both.reshape(-1, 2 * t, 1), 2, axis=1)
    real_loss, fake_loss = losses.gan_discriminator(
      real=real.reshape(-1, 1), fake=made.reshape(-1, 1)
    )
    adversarial = losses.gan_generator(logits(base.freeze(params), fake))
    return adversarial, real_loss, fake_loss
