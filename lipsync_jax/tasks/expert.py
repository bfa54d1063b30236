"""Training the lip-sync expert: which sound belongs to which mouth?"""

import dataclasses
import math

import einops
import flax.linen as nn
import jax.numpy as jnp

from lipsync_jax import losses
from lipsync_jax.tasks import base

OBJECTIVES = ('multiway', 'cosine_bce', 'contrastive')


@dataclasses.dataclass(frozen=True)
class Task(base.Task):
  """One expert and how it learns.

  Batch: frames uint8 [b, n, t, h, w, 3], mel and false_mel float32
  [b, n, 80, 16, 1], start int32 [b, n] (first frame of each window in its
  clip), clip int32 [b] (equal for windows of one clip); n windows per clip.

  Attributes:
    expert: the network.
    objective: 'multiway' chooses among many windows, leaving out those of the
      same clip at most one frame away, which sound alike.
      'cosine_bce' (Wav2Lip) and 'contrastive' (SyncNet) judge pairs: every
      second window gets its own sound, the others their false one.
    candidates: whose windows 'multiway' chooses among: those of the same
      'clip', which differ in nothing but time, or of the whole 'batch', where
      voice, light and noise tell clips apart as well.
    margin: how far 'contrastive' pushes false pairs; unit vectors.
    initial_scale: what 'multiway' multiplies cosines by at the start; learned,
      in params['temperature'] so that the expert stays the published network.
      1 / 0.07 is CLIP's.
  """

  expert: nn.Module
  objective: str = 'multiway'
  candidates: str = 'clip'
  margin: float = 1.0
  initial_scale: float = 1 / 0.07

  def __post_init__(self):
    if self.objective not in OBJECTIVES:
      raise ValueError(
        f'Objective {self.objective!r} is not one of {", ".join(OBJECTIVES)}.'
      )
    if self.candidates not in ('clip', 'batch'):
      raise ValueError(
        f"Candidates {self.candidates!r} are neither 'clip' nor 'batch'."
      )

  def init(self, rng, batch):
    t, h, w = batch['frames'].shape[2:5]
    mel = jnp.zeros((1, *batch['mel'].shape[2:]))
    mouth = jnp.zeros((1, h // 2, w, 3 * t))
    variables = self.expert.init(rng, mel, mouth, train=False)
    params, state = base.split(variables)
    params = {'expert': params}
    if self.objective == 'multiway':
      log_scale = jnp.float32(math.log(self.initial_scale))
      params['temperature'] = {'log_scale': log_scale}
    return params, {'expert': state}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    del weights, rng  # One term, nothing random.
    windows = _windows(batch)
    own = jnp.ones(len(windows['mel']), bool)
    if self.objective != 'multiway':
      own = jnp.arange(len(own)) % 2 == 0
    mel = jnp.where(
      own[:, None, None, None], windows['mel'], windows['false_mel']
    )
    mouth = base.mouth_windows(base.to_unit(windows['frames']))
    (audio, face), state = base.apply(
      self.expert,
      params['expert'],
      model_state['expert'],
      mel,
      mouth,
      train=train,
    )
    similarity = losses.similarities(audio, face)
    clip = windows['clip']
    near = excluded = _near(clip, windows['start'])
    if self.objective == 'multiway' and self.candidates == 'clip':
      excluded = near | (clip[:, None] != clip)
    label = own.astype(jnp.float32)
    if self.objective == 'multiway':
      logits = losses.matching_logits(
        audio,
        face,
        log_scale=params['temperature']['log_scale'],
        exclude=excluded,
      )
      loss = losses.multiway_matching(logits)
      false = ~near
    else:
      false = jnp.diag(~own)
      if self.objective == 'cosine_bce':
        loss = losses.cosine_bce(losses.cosines(audio, face), label)
      else:
        loss = losses.contrastive(audio, face, label, margin=self.margin)
    metrics = _metrics(similarity, own, excluded, false)
    return {'expert': loss}, ({'expert': state}, {'loss': loss, **metrics})


def _windows(batch):
  """The batch with clips and windows folded into one axis, clip-major."""
  n = batch['mel'].shape[1]
  fold = {
    name: einops.rearrange(batch[name], 'b n ... -> (b n) ...')
    for name in ('frames', 'mel', 'false_mel', 'start')
  }
  return fold | {'clip': jnp.repeat(batch['clip'], n)}


def _near(clip, start):
  """[n, n] whether two windows are of one clip and within one frame."""
  same_clip = clip[:, None] == clip[None, :]
  return same_clip & (jnp.abs(start[:, None] - start[None, :]) <= 1)


def _metrics(similarity, own, excluded, false):
  """What the cosines say.

  accuracy: share of windows that choose their own sound among the candidates'.
  pair_accuracy: of the decision 'cosine above a half', true and false pairs
  weighing the same; means little after 'multiway', whose cosines are no
  probabilities.
  """
  true = jnp.diag(own)
  # Sounds that belong to no window of the batch are no candidates.
  allowed = (true | ~excluded) & own[None, :]
  choice = jnp.argmax(jnp.where(allowed, similarity, -jnp.inf), axis=1)
  right = choice == jnp.arange(len(own))

  def mean(x, where):
    return jnp.sum(jnp.where(where, x, 0)) / jnp.maximum(where.sum(), 1)

  return {
    'accuracy': mean(right, own),
    'cosine_true': mean(similarity, true),
    'cosine_false': mean(similarity, false),
    'pair_accuracy': (
      mean(similarity > 0.5, true) + mean(similarity <= 0.5, false)
    )
    / 2,
  }
