"""What a frozen expert says of generated mouths, as a loss."""

import dataclasses
import math
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from lipsync_jax import losses
from lipsync_jax.metrics import sync
from lipsync_jax.tasks import base

KINDS = ('matching', 'cosine_bce', 'contrastive')


@dataclasses.dataclass(frozen=True)
class SyncTerm:
  """A frozen expert and how it is listened to.

  Attributes:
    expert: the network; pictures of another size are resized for it.
    kind: 'matching', for an expert trained by multi-way matching: its cosines
      say which sound fits best, not how likely one fits. The made mouths must
      find their sound among the batch's by the expert's own temperature
      (params['temperature']). In units of chance: 1 is guessing among the
      batch, 0 certain, whatever its size. Validation gives every clip a batch
      of its own, five moments of it. 'cosine_bce', -log of the own pair's
      probability, for experts trained that way (Wav2Lip's, LSTM-CBAM).
      'contrastive', the squared distance of the own pair by that of half the
      margin (SyncNet): 0 is together, 1 chance.
    margin: of a 'contrastive' expert's training.
    batch_stats: normalise inside the expert by the batch, which Wav2Lip's code
      does by never calling eval(). Its running statistics stay.
  """

  expert: nn.Module
  kind: str
  batch_stats: bool = False
  margin: float = 1.0

  def __post_init__(self):
    if self.kind not in KINDS:
      raise ValueError(
        f'Sync loss {self.kind!r} is not one of {", ".join(KINDS)}.'
      )

  @property
  def similarity(self) -> str:
    """What of the expert's embeddings means 'in sync', see `metrics.sync`."""
    return sync.similarity_of(self.kind)

  @property
  def frozen(self) -> tuple[str, ...]:
    """Names in params that come from the expert's own training."""
    matching = self.kind == 'matching'
    return ('expert', 'temperature') if matching else ('expert',)

  def init(self, rng, sound, frames) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and states, to be replaced by the expert's own."""
    size = self.expert.image_size
    frames = jnp.zeros((1, frames.shape[1], size, size, 3))
    sound = jnp.zeros((1, *sound.shape[1:]))
    variables = self.expert.init(rng, sound, frames, train=False)
    params, state = base.split(variables)
    params = {'expert': params}
    if self.kind == 'matching':
      params['temperature'] = {'log_scale': jnp.float32(math.log(1 / 0.07))}
    return params, {'expert': state}

  def loss(self, params, model_state, sound, frames):
    """The loss of made frames [b, t, h, w, 3] 0..1, and their mean cosine.

    Raises:
      ValueError: the batch holds one window only, and kind is 'matching'.
    """
    (audio, face), _ = base.apply(
      self.expert,
      base.freeze(params['expert']),
      model_state['expert'],
      sound,
      base.resize(frames, self.expert.image_size),
      train=self.batch_stats,
    )
    unit_audio, unit_face = losses.unit(audio), losses.unit(face)
    cosines = losses.cosines(unit_audio, unit_face)
    if self.kind == 'contrastive':
      # An expert that tells nothing keeps all pairs half the margin apart,
      # where its own loss is least.
      squares = losses.distances(audio, face) ** 2
      return (squares / (self.margin / 2) ** 2).mean(), cosines.mean()
    if self.kind == 'cosine_bce':
      p = base.probability(self.expert, cosines)
      return losses.cosine_bce(p, 1.0), cosines.mean()
    if len(sound) < 2:
      raise ValueError(
        "sync_loss 'matching' needs at least two windows in a batch to choose "
        "among; raise the batch size or use 'cosine_bce'."
      )
    log_scale = base.freeze(params['temperature']['log_scale'])
    logits = losses.matching_logits(unit_audio, unit_face, log_scale=log_scale)
    chance = math.log(len(sound))
    return losses.multiway_matching(logits) / chance, cosines.mean()
