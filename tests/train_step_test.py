"""The training step watches over what tasks hand back."""

import jax
import jax.numpy as jnp
import optax
import pytest

from lipsync_jax import sharding, train_state, train_step
from lipsync_jax.tasks import base


class Misplacing(base.Task):
  """Puts the new state of its network beside the networks' states."""

  trained = ('network',)

  def init(self, rng, batch):
    state = {'batch_stats': {'mean': jnp.zeros(1)}}
    return {'network': {'w': jnp.zeros(1)}}, {'network': state}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    loss = (params['network']['w'] * batch['x']).mean()
    state = model_state | model_state['network']
    return {'network': loss}, (state, {'loss': loss})


def test_a_state_in_the_wrong_place_is_said():
  task, tx, batch = Misplacing(), optax.sgd(0.1), {'x': jnp.ones((4, 1))}
  step = train_step.make_train_step(task, tx, sharding.make_sharding(1), seed=0)
  state = train_state.create(
    *task.init(jax.random.key(0), batch),
    tx,
    loss_weights=task.initial_weights(),
    ema_networks=(),
  )
  with pytest.raises(ValueError, match=r"it took: .*\['batch_stats'\]"):
    jax.eval_shape(step, state, batch)
