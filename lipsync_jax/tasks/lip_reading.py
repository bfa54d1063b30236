"""Reading lips: which words do these mouths say?

The third use of SyncNet in Chung & Zisserman (2016): the features of a frozen
expert, which has learned from sound alone what matters about mouths, are read
by a network that learns words.
"""

import dataclasses
from collections.abc import Sequence

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from lipsync_jax import losses
from lipsync_jax.tasks import base

_WINDOW = 5  # frames that every expert sees at once


@dataclasses.dataclass(frozen=True)
class Task(base.Task):
  """A frozen expert that looks, and a reader that learns.

  Batch: frames uint8 [b, t, h, w, 3], length int32 [b] (frames there are, at
  least five; what follows is not seen), labels int32 [b, slots].

  Of the expert only the tower of mouths is kept: nothing is heard.

  Attributes:
    reader: the network to train, see `models.lip_reader.Reader`.
    expert: any expert; pictures of another size are resized for it.
    slots: names of the places in the sentence, for the metrics.
    chance: share of the most frequent word of each, likewise.
    windows_at_once: of every clip, how many the expert looks at in one go:
      what it holds in memory meanwhile grows with it.
  """

  reader: nn.Module
  expert: nn.Module
  slots: Sequence[str]
  chance: Sequence[float]
  windows_at_once: int = 12

  trained = ('reader',)
  frozen = ('expert',)

  def init(self, rng, batch):
    size = self.expert.image_size
    looking, reading = jax.random.split(rng)
    variables = self.expert.init(
      looking,
      jnp.zeros((1, _WINDOW, size, size, 3)),
      train=False,
      method='embed_face',
    )
    expert, state = base.split(variables)
    embeddings = jax.eval_shape(
      self.embed, {'expert': expert}, {'expert': state}, batch['frames']
    )
    reader, _ = base.split(
      self.reader.init(
        reading,
        jnp.zeros((1, *embeddings.shape[1:])),
        jnp.ones(1, jnp.int32),
        train=False,
      )
    )
    return {'reader': reader, 'expert': expert}, {'expert': state}

  def embed(self, params, model_state, frames):
    """The expert's embeddings [b, t - 4, d] of all windows, of length one.

    SyncNet's are of any length, which says how its training went: readers find
    the same scale with every expert.
    """
    t = frames.shape[1]
    count = t - _WINDOW + 1
    k = min(self.windows_at_once, count)
    starts = jnp.arange(0, count, k)
    # The last group may reach over the end.
    frames = jnp.pad(frames, [(0, 0), (0, k), (0, 0), (0, 0), (0, 0)])
    variables = {'params': params['expert'], **model_state['expert']}

    def group(start):
      part = jax.lax.dynamic_slice_in_dim(frames, start, k + _WINDOW - 1, 1)
      part = base.resize(base.to_unit(part), self.expert.image_size)
      windows = jnp.stack([part[:, i : i + k] for i in range(_WINDOW)], 2)
      # Clip-major: time-major would gather the batch across devices.
      windows = einops.rearrange(windows, 'b k t h w c -> (b k) t h w c')
      face = self.expert.apply(
        variables, windows, train=False, method='embed_face'
      )
      return einops.rearrange(losses.unit(face), '(b k) d -> b k d', k=k)

    groups = jax.lax.map(group, starts)
    whole = jnp.concatenate(list(groups), axis=1)  # [b, g k, d]
    return base.freeze(whole[:, :count])

  def read(self, params, model_state, batch, *, rng=None, train=False):
    """Logits of every slot, [b, classes] float32 each."""
    embeddings = self.embed(
      {'expert': base.freeze(params['expert'])}, model_state, batch['frames']
    )
    return self.reader.apply(
      {'params': params['reader']},
      embeddings,
      batch['length'] - _WINDOW + 1,
      train=train,
      rngs={'dropout': rng} if train else {},
    )

  def loss(self, params, model_state, batch, *, weights, rng, train):
    del weights  # One term.
    logits = self.read(params, model_state, batch, rng=rng, train=train)
    labels = [
      row.squeeze(1) for row in jnp.split(batch['labels'], len(logits), axis=1)
    ]
    loss = sum(
      optax.softmax_cross_entropy_with_integer_labels(slot, label).mean()
      for slot, label in zip(logits, labels, strict=True)
    )
    right = [
      (slot.argmax(-1) == label).mean()
      for slot, label in zip(logits, labels, strict=True)
    ]
    metrics = {
      'loss': loss,
      'accuracy': jnp.stack(right).mean(),
      'chance': jnp.float32(sum(self.chance) / len(self.chance)),
    }
    for name, share in zip(self.slots, right, strict=True):
      metrics[f'accuracy_{name}'] = share
    return {'reader': loss}, (model_state, metrics)
