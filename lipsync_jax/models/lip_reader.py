"""Reads words from what a lip-sync expert says of mouths.

Chung & Zisserman (2016), "Out of time: automated lip sync in the wild", use
SyncNet's frozen lip features so: an LSTM over them, and a classifier of its
last state. Widths are not printed there; they are ours.
"""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lipsync_jax.models import layers


class Reader(nn.Module):
  """Words of the slots of a sentence, from embeddings of its mouths.

  Attributes:
    num_classes: words to choose from, for every slot.
    hidden: width of the LSTM, of each direction.
    bidirectional: a second LSTM reads backwards.
    attention: every slot looks at the moments it chooses, instead of all
      sharing the last state. Off in the paper, which reads one phrase a clip;
      in a sentence every word has a time of its own.
    dropout: share of the features, and of what the slots look at, that is
      hidden while training.
    dtype: what it computes in; parameters and logits stay float32.
  """

  num_classes: Sequence[int] = (4, 4, 4, 25, 10, 4)  # GRID's slots
  hidden: int = 256
  bidirectional: bool = True
  attention: bool = True
  dropout: float = 0.0
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self,
    embeddings: Float[Array, 'b n d'],
    length: Int[Array, 'b'],
    *,
    train: bool,
  ) -> list[Float[Array, 'b _']]:
    """Logits [b, num_classes[k]] float32 of every slot k.

    Args:
      embeddings: of consecutive windows, of length one each.
      length: how many there are; what follows has no influence.
      train: whether dropout is on; it draws from the stream 'dropout'.
    """
    valid = jnp.arange(embeddings.shape[1]) < length[:, None]
    x = centred(embeddings, valid).astype(self.dtype)
    drop = nn.Dropout(self.dropout, deterministic=not train)
    states, last = self._read(drop(x), length)
    dtype = layers.at_least_float32(self.dtype)
    if self.attention:
      seen = self._look(states.astype(dtype), valid, dtype)
    else:
      seen = [last.astype(dtype)] * len(self.num_classes)
    return [
      nn.Dense(classes, dtype=dtype, name=f'slot_{k}')(drop(part))
      for k, (classes, part) in enumerate(
        zip(self.num_classes, seen, strict=True)
      )
    ]

  def _read(self, x, length):
    """States [b, n, h] of every moment, and the last [b, h]."""

    def lstm(name, **options):
      cell = nn.OptimizedLSTMCell(self.hidden, dtype=self.dtype, name=name)
      return nn.RNN(cell, return_carry=True, **options)(x, seq_lengths=length)

    (_, last), states = lstm('forward')
    if not self.bidirectional:
      return states, last
    # The backward one ends at the first moment.
    (_, first), back = lstm('backward', reverse=True, keep_order=True)
    return (
      jnp.concatenate([states, back], -1),
      jnp.concatenate([last, first], -1),
    )

  def _look(self, states, valid, dtype):
    """What every slot sees: a weighted mean [b, h] of the states."""
    slots = len(self.num_classes)
    scores = nn.Dense(slots, dtype=dtype, name='attention')(states)
    scores = jnp.where(valid[..., None], scores, -jnp.inf)
    weights = nn.softmax(scores, axis=1)
    # A product of matrices would move the axes of its gradients.
    return [jnp.sum(weights[..., k, None] * states, 1) for k in range(slots)]


def centred(
  embeddings: Float[Array, 'b n d'], valid: Bool[Array, 'b n']
) -> Float[Array, 'b n d']:
  """Embeddings without their clip's mean, their entries about 1 large.

  The mean is the person, the light and the camera more than the words; what is
  left of unit vectors is small.
  """
  mask = valid[..., None]
  count = jnp.maximum(mask.sum(1, keepdims=True), 1)

  def mean(x):
    return jnp.sum(jnp.where(mask, x, 0), 1, keepdims=True) / count

  apart = jnp.where(mask, embeddings - mean(embeddings), 0)
  spread = mean(apart**2).mean(-1, keepdims=True)
  return apart / jnp.sqrt(spread + 1e-8)
