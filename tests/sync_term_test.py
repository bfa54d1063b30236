"""How loud a frozen expert is, whatever its embeddings are like."""

import flax.linen as nn
import jax.numpy as jnp
import pytest

from lipsync_jax.tasks import sync_term

SIZE = 24


class Apart(nn.Module):
  """Embeds every sound and its mouths five apart."""

  image_size: int = SIZE

  def __call__(self, sound, frames, *, train):
    nothing = jnp.zeros((len(sound), 4))
    return nothing, nothing.at[:, 0].set(5.0)


@pytest.mark.parametrize(('margin', 'expected'), [(10.0, 1.0), (20.0, 0.25)])
def test_distances_are_heard_in_units_of_chance(margin, expected):
  """Half the margin, where all pairs of a blind expert are, is 1."""
  term = sync_term.SyncTerm(Apart(), 'contrastive', margin=margin)
  sound = jnp.zeros((3, 80, 16, 1))
  frames = jnp.zeros((3, 5, SIZE, SIZE, 3))
  blind = {'expert': {}}
  loss, _ = term.loss(blind, blind, sound, frames)
  assert loss == pytest.approx(expected)
