"""Computed again instead of kept: the same gradients from fewer bytes."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_steps

from lipsync_jax import sharding, train_state
from lipsync_jax.training import gradients

pytestmark = pytest.mark.usefixtures('quick_compilation')


def make(name, *, remat):
  """What computes gradients, and its arguments."""
  task = small_steps.make_task(name)
  batch = jax.tree.map(jnp.asarray, small_steps.make_batch(name, 4))
  params, model_state = small_steps.draw_variables(task, batch)
  state = train_state.create(
    params,
    model_state,
    small_steps.sgd(),
    loss_weights=small_steps.WEIGHTS,
  )
  function = gradients.make_gradients(
    task, sharding.make_sharding(1), remat=remat
  )
  return function, (state, batch, jax.random.key(0))


def kept_bytes(name, *, remat, dtype):
  """What the forward pass leaves to the backward one, parameters aside."""
  task = small_steps.make_task(name, dtype)
  batch = jax.tree.map(jnp.asarray, small_steps.make_batch(name, 4))
  params, state = small_steps.draw_variables(task, batch)
  loss = gradients.total_loss(task, remat=remat)
  trained = {k: params[k] for k in task.trained}
  frozen = {k: v for k, v in params.items() if k not in trained}

  def pull(trained, frozen, batch):
    def of_trained(trained):
      return loss(
        trained, frozen, state, small_steps.WEIGHTS, batch, jax.random.key(0)
      )

    return jax.vjp(of_trained, trained, has_aux=True)[1]

  kept = jax.eval_shape(pull, trained, frozen, batch)
  known = (params, batch)
  return sum(size(tree) * sign for tree, sign in ((kept, 1), (known, -1)))


def size(tree):
  return sum(
    math.prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(tree)
  )


def test_gradients_are_the_same():
  found = []
  for remat in (False, True):
    function, arguments = make('expert', remat=remat)
    found.append(jax.jit(function)(*arguments))
  for a, b in zip(*map(jax.tree.leaves, found), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


# At full width and 96 pixels 4.2 and 4.3 times (bfloat16: 5.4 and 5.6).
@pytest.mark.parametrize('name', ['expert', 'wav2lip:gan'])
@pytest.mark.parametrize('dtype', [jnp.float32, jnp.bfloat16])
def test_a_third_is_kept_at_most(name, dtype):
  whole, less = (
    kept_bytes(name, remat=remat, dtype=dtype) for remat in (False, True)
  )
  print(f'{name} {dtype.__name__}: {whole} -> {less}, {whole / less:.2f} times')
  assert 3 * less < whole
