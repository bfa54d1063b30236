"""Computing in bfloat16: what is kept, and every loss, stays float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_steps

pytestmark = pytest.mark.usefixtures('quick_compilation')

_STEPS = 4


@pytest.fixture(scope='module', params=['expert', 'wav2lip:gan'])
def runs(request):
  """State and losses by dtype, after a few steps on the same batches."""
  name, found = request.param, {}
  for dtype in (jnp.float32, jnp.bfloat16):
    task = small_steps.make_task(name, dtype)
    batch = small_steps.make_batch(name, 4)
    step, state, put = small_steps.make_step(
      task,
      batch,
      ema=(task.trained[0],),
      tx=small_steps.make_optimizer(task, learning_rate=1e-3),
    )
    losses = []
    for seed in range(_STEPS):
      batch = put(small_steps.make_batch(name, 4, seed))
      state, metrics = step(state, batch)
      losses.append([metrics[f'{n}_loss'] for n in task.trained[:1]])
    found[dtype] = state, metrics, np.asarray(losses)
  return found


def test_everything_that_is_kept_is_float32(runs):
  state, metrics, _ = runs[jnp.bfloat16]
  kinds = {x.dtype.name for x in jax.tree.leaves((state, metrics))}
  assert kinds == {'float32', 'int32'}
  assert int(state.skipped) == 0
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(state))


def test_losses_are_those_of_float32_to_two_digits(runs):
  exact, rounded = (runs[d][2] for d in (jnp.float32, jnp.bfloat16))
  # Eight bits of mantissa through two dozen layers of two channels.
  np.testing.assert_allclose(rounded, exact, rtol=0.03)
  assert np.abs(rounded - exact).max() > 0  # it is computed otherwise


@pytest.mark.parametrize('objective', ['multiway', 'cosine_bce', 'contrastive'])
def test_no_expert_loses_its_loss_in_bfloat16(objective):
  task = small_steps.make_task('expert', jnp.bfloat16, objective=objective)
  assert not rounded_losses(task, small_steps.make_batch('expert', 4))


def test_no_generator_loses_its_loss_in_bfloat16():
  task = small_steps.make_task('wav2lip:gan', jnp.bfloat16)
  assert not rounded_losses(task, small_steps.make_batch('wav2lip:gan', 4))


def rounded_losses(task, batch):
  """Operations that make a scalar or a logarithm in bfloat16."""
  batch = jax.tree.map(jnp.asarray, batch)
  params, state = small_steps.draw_variables(task, batch)

  def loss(params):
    return task.loss(
      params,
      state,
      batch,
      weights=small_steps.WEIGHTS,
      rng=jax.random.key(0),
      train=True,
    )[0]

  program = jax.make_jaxpr(loss)(params)
  assert all(x.aval.dtype == jnp.float32 for x in program.jaxpr.outvars)
  return [
    str(step)
    for step in steps(program.jaxpr)
    for made in step.outvars
    if getattr(made.aval, 'dtype', None) == jnp.bfloat16
    and (made.aval.shape == () or step.primitive.name in ('log', 'log1p'))
    and step.primitive.name != 'convert_element_type'
  ]


def steps(jaxpr):
  """All operations of a program, those of functions inside included."""
  for step in jaxpr.eqns:
    yield step
    for inner in jax.core.jaxprs_in_params(step.params):
      yield from steps(inner)
