"""Computing in bfloat16: what is kept, and every loss, stays float32."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_steps
from jax.extend import core

from lipsync_jax import networks

pytestmark = pytest.mark.usefixtures('quick_compilation')

_STEPS = 4


def make(name, dtype):
  task = small_steps.make_task(name, dtype)
  tx = small_steps.make_optimizer(task, learning_rate=1e-3)
  return small_steps.make_step(
    task, small_steps.make_batch(name, 4), ema=(task.trained[0],), tx=tx
  )


@pytest.fixture(scope='module')
def runs():
  """State, metrics and losses of an expert, by what it computes in."""
  found = {}
  for dtype in (jnp.float32, jnp.bfloat16):
    step, state, put = make('expert', dtype)
    losses = []
    for seed in range(_STEPS):
      batch = put(small_steps.make_batch('expert', 4, seed))
      state, metrics = step(state, batch)
      losses.append(metrics['expert_loss'])
    found[dtype] = state, metrics, np.asarray(losses)
  return found


def test_it_trains(runs):
  state, _, losses = runs[jnp.bfloat16]
  assert int(state.skipped) == 0
  assert np.isfinite(losses).all()
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(state))


def test_losses_are_those_of_float32_to_two_digits(runs):
  exact, rounded = (runs[d][2] for d in (jnp.float32, jnp.bfloat16))
  # Eight bits of mantissa through a dozen layers of two channels.
  np.testing.assert_allclose(rounded, exact, rtol=0.03)
  assert np.abs(rounded - exact).max() > 0  # it is computed otherwise


@pytest.mark.parametrize('name', ['expert', 'wav2lip:gan'])
def test_everything_that_is_kept_is_float32(name):
  step, state, put = make(name, jnp.bfloat16)
  batch = put(small_steps.make_batch(name, 4))
  kept = jax.eval_shape(step, state, batch)
  assert {x.dtype.name for x in jax.tree.leaves(kept)} == {'float32', 'int32'}


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
    for inner in core.jaxprs_in_params(step.params):
      yield from steps(inner)


@pytest.mark.parametrize(
  'module',
  [
    'discriminator.Discriminator',
    'expert.Expert',
    'lip_reader.Reader',
    'lipgan.Discriminator',
    'lipgan.Generator',
    'lstm_cbam.Expert',
    'speech2vid.Generator',
    'syncnet.SyncNet',
    'syncnet_paper.SyncNet',
    'wav2lip.Generator',
  ],
)
def test_every_network_gives_float32(module):
  spec = {'module': module, 'dtype': 'bfloat16'}
  if module == 'lip_reader.Reader':
    spec['num_classes'] = (3,)
  network = networks.make(spec)
  inputs, how = networks.example(network)
  variables = networks.variable_shapes(network)
  kept = {x.dtype.name for x in jax.tree.leaves(variables)}
  given = jax.eval_shape(
    functools.partial(network.apply, **how), variables, *inputs
  )
  assert kept == {x.dtype.name for x in jax.tree.leaves(given)} == {'float32'}
