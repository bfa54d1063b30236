"""Training a lip-sync expert: which sound belongs to which mouth?"""

import dataclasses
import math

import einops
import flax.linen as nn
import jax.numpy as jnp

from lipsync_jax import losses
from lipsync_jax.metrics import sync
from lipsync_jax.tasks import base

OBJECTIVES = ('multiway', 'cosine_bce', 'contrastive')


@dataclasses.dataclass(frozen=True)
class Task(base.Task):
  """One expert and how it learns; every objective serves every expert.

  Batch: frames uint8 [b, n, t, h, w, 3], sound and false_sound float32
  [b, n, bands, rows, 1], start int32 [b, n] (first frame of each window in its
  clip), clip int32 [b] (equal for windows of one clip); n windows per clip.

  Attributes:
    expert: the network, see `models.expert.Expert`.
    objective: 'multiway' chooses among many windows, leaving out those of the
      same clip at most one frame away, which sound alike.
      'cosine_bce' (Wav2Lip) and 'contrastive' (SyncNet) judge pairs: every
      second window gets its own sound, the others their false one.
      'contrastive' takes embeddings as long as they are, the others cosines.
    candidates: whose windows 'multiway' chooses among: those of the same
      'clip', which differ in nothing but time, or of the whole 'batch', where
      voice, light and noise tell clips apart as well.
    margin: how far 'contrastive' pushes false pairs: 20 suits embeddings of any
      length; unit vectors are at most 2 apart and take 1 or less.
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

  @property
  def trained(self):
    pairs = self.objective != 'multiway'
    return ('expert',) if pairs else ('expert', 'temperature')

  @property
  def similarity(self) -> str:
    """What of its embeddings means 'in sync': 'cosine', or 'distance'."""
    return sync.similarity_of(self.objective)

  def init(self, rng, batch):
    sound = jnp.zeros((1, *batch['sound'].shape[2:]))
    frames = jnp.zeros((1, *batch['frames'].shape[2:]))
    variables = self.expert.init(rng, sound, frames, train=False)
    params, state = base.split(variables)
    params = {'expert': params}
    if self.objective == 'multiway':
      log_scale = jnp.float32(math.log(self.initial_scale))
      params['temperature'] = {'log_scale': log_scale}
    return params, {'expert': state}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    del weights, rng  # One term, nothing random.
    windows = _windows(batch)
    own = jnp.ones(len(windows['sound']), bool)
    if self.objective != 'multiway':
      if train and len(own) < 2:
        raise ValueError(
          f'Every second window of {self.objective!r} gets a false sound: each '
          "device's part of a batch needs two windows. Raise batch_size or "
          'data.windows_per_clip, or lower accumulate.'
        )
      own = jnp.arange(len(own)) % 2 == 0
    sound = jnp.where(
      own[:, None, None, None], windows['sound'], windows['false_sound']
    )
    (audio, face), state = base.apply(
      self.expert,
      params['expert'],
      model_state['expert'],
      sound,
      base.to_unit(windows['frames']),
      train=train,
    )
    near = _near(windows['clip'], windows['start'])
    if self.objective == 'multiway':
      false, excluded = ~near, self._excluded(near, windows['clip'])
      loss = self._match(params, audio, face, excluded)
      count = jnp.sum(~excluded | jnp.eye(len(own), dtype=bool), axis=1)
      chance = jnp.log(count.astype(loss.dtype)).mean()
    else:
      false, excluded = jnp.diag(~own), near
      loss = self._judge_pairs(audio, face, own.astype(jnp.float32))
      contrastive = self.objective == 'contrastive'
      chance = self.margin**2 / 8 if contrastive else math.log(2)
    metrics = self._metrics(audio, face, own, excluded, false)
    metrics |= {'loss': loss, 'chance': jnp.asarray(chance, loss.dtype)}
    return {'expert': loss}, ({'expert': state}, metrics)

  def _excluded(self, near, clip):
    """[n, n] pairs that do not compete."""
    if self.candidates == 'batch':
      return near
    return near | (clip[:, None] != clip)

  def _match(self, params, audio, face, excluded):
    logits = losses.matching_logits(
      losses.unit(audio),
      losses.unit(face),
      log_scale=params['temperature']['log_scale'],
      exclude=excluded,
    )
    return losses.multiway_matching(logits)

  def _judge_pairs(self, audio, face, label):
    if self.objective == 'contrastive':
      return losses.contrastive(audio, face, label, margin=self.margin)
    cosine = losses.cosines(losses.unit(audio), losses.unit(face))
    return losses.cosine_bce(base.probability(self.expert, cosine), label)

  def _metrics(self, audio, face, own, excluded, false):
    """What the embeddings say, beside 'loss' and 'chance'.

    chance: the least loss of an expert that tells nothing, which keeps all
    pairs alike: half the margin apart, at probability a half, or equally likely
    among the candidates.

    accuracy: share of windows that choose their own sound among the candidates.
    cosine_true, cosine_false (distance_... after 'contrastive'): means.
    pair_accuracy: of the decision between true and false pairs, both weighing
    the same: cosine (as a probability) above a half, or distance below half
    the margin. Means little after 'multiway', whose cosines are no
    probabilities.
    """
    true = jnp.diag(own)
    if self.similarity == 'distance':
      values = losses.distances(audio[None], face[:, None])
      rank, agree = -values, values < self.margin / 2
    else:
      values = losses.similarities(losses.unit(audio), losses.unit(face))
      rank, agree = values, base.probability(self.expert, values) > 0.5
    # Sounds that belong to no window of the batch are no candidates.
    allowed = (true | ~excluded) & own[None, :]
    choice = jnp.argmax(jnp.where(allowed, rank, -jnp.inf), axis=1)
    right = choice == jnp.arange(len(own))

    def mean(x, where):
      return jnp.sum(jnp.where(where, x, 0)) / jnp.maximum(where.sum(), 1)

    return {
      'accuracy': mean(right, own),
      f'{self.similarity}_true': mean(values, true),
      f'{self.similarity}_false': mean(values, false),
      'pair_accuracy': (mean(agree, true) + mean(~agree, false)) / 2,
    }


def _windows(batch):
  """The batch with clips and windows folded into one axis, clip-major."""
  n = batch['sound'].shape[1]
  fold = {
    name: einops.rearrange(batch[name], 'b n ... -> (b n) ...')
    for name in ('frames', 'sound', 'false_sound', 'start')
  }
  return fold | {'clip': jnp.repeat(batch['clip'], n)}


def _near(clip, start):
  """[n, n] whether two windows are of one clip and within one frame."""
  same_clip = clip[:, None] == clip[None, :]
  return same_clip & (jnp.abs(start[:, None] - start[None, :]) <= 1)
