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
from lipsync_jax.models import wav2lip
from lipsync_jax.tasks import base

SYNC_LOSSES = ('matching', 'cosine_bce')


@dataclasses.dataclass(frozen=True)
class Task(base.Task):
  """The networks and the numbers that weigh their losses.

  Batch: frames and reference uint8 [b, t, h, w, 3], mel float32
  [b, 80, 16, 1] (the sound of all t frames, for the expert), frame_mels
  float32 [b, t, 80, 16, 1] (the sound around each frame).

  Weights: {'sync': s, 'adversarial': a}; L1 weighs 1 - s - a.

  Attributes:
    generator: the network to train.
    expert: judges sync; params['expert'] comes from its own training.
    discriminator: adds the adversarial term; None leaves it out.
    sync_loss: 'matching', for an expert trained by multi-way matching: its
      cosines say which sound fits best, not how likely one fits. The made
      mouths must find their sound among the batch's by the expert's own
      temperature (params['temperature']). In units of chance: 1 is guessing
      among the batch, 0 certain, whatever its size. 'cosine_bce', -log cosine
      of the own pair, for the published expert or one trained that way.
    sync_weight: s once the gate is open. Wav2Lip's code: 0.01 without, 0.03
      with the discriminator; its paper 0.03.
    sync_gate: s stays 0 until the validation sync loss is below this; inf
      opens it from the first step.
    adversarial_weight: a. hq_wav2lip_train.py: 0.07.
    expert_batch_stats: normalise inside the expert by the batch, which the
      reference does by never calling eval(). Its running statistics stay.
  """

  generator: nn.Module
  expert: nn.Module
  discriminator: nn.Module | None = None
  sync_loss: str = 'matching'
  sync_weight: float = 0.01
  sync_gate: float = 0.75
  adversarial_weight: float = 0.07
  expert_batch_stats: bool = False

  def __post_init__(self):
    if self.sync_loss not in SYNC_LOSSES:
      raise ValueError(
        f'Sync loss {self.sync_loss!r} is not one of {", ".join(SYNC_LOSSES)}.'
      )

  @property
  def frozen(self):
    matching = self.sync_loss == 'matching'
    return ('expert', 'temperature') if matching else ('expert',)

  def init(self, rng, batch):
    t, h, w = batch['frames'].shape[1:4]
    mel = jnp.zeros((1, *batch['mel'].shape[1:]))
    inputs = {
      'generator': (mel, jnp.zeros((1, h, w, 6))),
      'expert': (mel, jnp.zeros((1, h // 2, w, 3 * t))),
      'discriminator': (jnp.zeros((1, h // 2, w, 3)),),
    }
    params, model_state = {}, {}
    for i, (name, args) in enumerate(inputs.items()):
      network = getattr(self, name)
      if network is None:
        continue
      mode = {} if name == 'discriminator' else {'train': False}
      rng_i = jax.random.fold_in(rng, i)
      params[name], state = base.split(network.init(rng_i, *args, **mode))
      if state:
        model_state[name] = state
    if self.sync_loss == 'matching':
      # Replaced by the expert's own, as all frozen parameters are.
      params['temperature'] = {'log_scale': jnp.float32(math.log(1 / 0.07))}
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
    fake, generator_state = self._generate(
      params, model_state, batch, train=train
    )
    l1 = losses.l1(fake, frames)
    sync, cosine = self._sync(params, model_state, batch['mel'], fake)
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
    frames = base.to_unit(batch['frames'])
    reference = base.to_unit(batch['reference'])
    made, _ = self._generate(params, model_state, batch, train=False)
    masked = wav2lip.generator_input(frames, reference)[..., :3]
    return {'reference': reference, 'masked': masked, 'generated': made}

  def _generate(self, params, model_state, batch, *, train):
    """Frames [b, t, h, w, 3] of the generator, and its new state."""
    frames = base.to_unit(batch['frames'])
    reference = base.to_unit(batch['reference'])
    face = wav2lip.generator_input(frames, reference)
    # Batch-major: time-major would gather every activation across devices.
    face = einops.rearrange(face, 'b t h w c -> (b t) h w c')
    mel = einops.rearrange(batch['frame_mels'], 'b t ... -> (b t) ...')
    made, state = base.apply(
      self.generator,
      params['generator'],
      model_state['generator'],
      mel,
      face,
      train=train,
    )
    return einops.rearrange(
      made, '(b t) h w c -> b t h w c', t=frames.shape[1]
    ), state

  def _sync(self, params, model_state, mel, fake):
    """The frozen expert's loss of the made mouths, and their mean cosine."""
    (audio, face), _ = base.apply(
      self.expert,
      base.freeze(params['expert']),
      model_state['expert'],
      mel,
      base.mouth_windows(fake),
      train=self.expert_batch_stats,
    )
    cosines = losses.cosines(audio, face)
    if self.sync_loss == 'cosine_bce':
      return losses.cosine_bce(cosines, 1.0), cosines.mean()
    if len(mel) < 2:
      raise ValueError(
        "sync_loss 'matching' needs at least two windows in a batch to choose "
        "among; raise the batch size or use 'cosine_bce'."
      )
    log_scale = base.freeze(params['temperature']['log_scale'])
    logits = losses.matching_logits(audio, face, log_scale=log_scale)
    chance = math.log(len(mel))
    return losses.multiway_matching(logits) / chance, cosines.mean()

  def _judge(self, params, frames, fake):
    """The generator's adversarial loss, the discriminator's real and fake."""

    def logits(params, frames):
      mouths = einops.rearrange(
        base.lower_half(frames), 'b t h w c -> (b t) h w c'
      )
      return self.discriminator.apply({'params': params}, mouths)

    # Real and fake apart: their concatenation would have to be resharded.
    real_loss, fake_loss = losses.gan_discriminator(
      real=logits(params, frames), fake=logits(params, base.freeze(fake))
    )
    adversarial = losses.gan_generator(logits(base.freeze(params), fake))
    return adversarial, real_loss, fake_loss
