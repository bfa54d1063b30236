import dataclasses
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import checkpoint, optimizer, sharding, train_state

TX = optimizer.make_optimizer(
  {'generator': optimizer.OptimizerOptions()}, frozen=['expert'], num_steps=9
)


def make_state(value, step=0):
  state = train_state.create(
    {'generator': {'w': jnp.full(3, value)}, 'expert': {'w': jnp.zeros(2)}},
    {'generator': {'batch_stats': {'mean': jnp.full(2, value)}}},
    TX,
    loss_weights={'sync': 0.0},
    ema_networks=('generator',),
  ).replace(step=jnp.int32(step))
  return jax.device_put(state, sharding.make_sharding().replicated)


@pytest.fixture
def run(tmp_path):
  """A run whose step 2 was best, saved over two starts of the program."""
  description = {'networks': {'generator': {'width': 4}}}
  for steps in ({1: 3.0, 2: 1.0}, {3: 2.0, 4: 5.0}):
    saver = checkpoint.Checkpointer(tmp_path, description, best_metric='l1')
    for step, l1 in steps.items():
      saver.save(step, make_state(float(step), step), {'l1': l1})
    saver.close()
  return tmp_path


def test_best_and_the_last_two_survive_a_restart(run):
  kept = sorted(path.name for path in (run / 'checkpoints').iterdir())
  assert kept == ['00000002', '00000003', '00000004']


def test_resuming_takes_the_last(run):
  saver = checkpoint.Checkpointer(run, {}, best_metric='l1')
  state = saver.restore(make_state(0.0))
  saver.close()
  expected = make_state(4.0, 4)
  jax.tree.map(np.testing.assert_array_equal, state, expected)


def test_using_takes_the_best_and_reads_one_network(run):
  variables, description = checkpoint.load_network(run, 'generator')
  np.testing.assert_array_equal(variables['params']['w'], np.full(3, 2.0))
  assert variables['batch_stats']['mean'].tolist() == [2.0, 2.0]
  assert description['step'] == 2
  assert description['networks'] == {'generator': {'width': 4}}


def test_a_missing_network_is_named(run):
  with pytest.raises(checkpoint.CheckpointError, match="'generator'.*'talker'"):
    checkpoint.load_network(run, 'talker')


def test_no_run_there(tmp_path):
  with pytest.raises(checkpoint.CheckpointError, match='--workdir'):
    checkpoint.load_network(tmp_path, 'generator')


def test_another_config_is_refused(run):
  saver = checkpoint.Checkpointer(run, {}, best_metric='l1')
  state = make_state(0.0)
  other = state.replace(params=state.params | {'more': {'w': jnp.zeros(1)}})
  with pytest.raises(checkpoint.CheckpointError, match='another --workdir'):
    saver.restore(jax.device_put(other, sharding.make_sharding().replicated))
  saver.close()


@flax.struct.dataclass
class Younger:
  """A state of before TrainState had a `control`."""

  step: Any
  params: Any
  model_state: Any
  opt_state: Any
  ema_params: Any
  loss_weights: Any


def test_a_step_of_before_the_state_had_a_field(tmp_path):
  state = make_state(2.0, 7)
  names = [field.name for field in dataclasses.fields(Younger)]
  old = Younger(**{name: getattr(state, name) for name in names})
  saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1')
  saver.save(7, old, {'l1': 1.0})
  saver.close()
  saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1')
  restored = saver.restore(make_state(0.0))
  jax.tree.map(np.testing.assert_array_equal, restored, state)
  # A field that matters is missed.
  guarded = make_state(0.0).replace(control={'rate': jnp.float32(1)})
  with pytest.raises(checkpoint.CheckpointError, match='another --workdir'):
    saver.restore(jax.device_put(guarded, sharding.make_sharding().replicated))
  saver.close()


def test_what_is_no_number_is_never_best(tmp_path):
  nan = float('nan')
  for step, metrics in enumerate(
    ({'l1': 3.0}, {'l1': 1.0}, {'l1': nan}, {'other': 0.0}, {'l1': 2.0}), 1
  ):
    saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1', keep_last=1)
    saver.save(step, make_state(float(step), step), metrics)
    saver.close()
  assert checkpoint.describe(tmp_path)['step'] == 2
  kept = sorted(path.name for path in (tmp_path / 'checkpoints').iterdir())
  assert kept == ['00000002', '00000005']


def test_a_state_amid_bad_steps_gets_another_chance():
  state = make_state(1.0, 9)
  count = jax.device_put(jnp.int32(10), state.step.sharding)
  stuck = state.replace(skipped_in_a_row=count)
  assert int(train_state.hopeful(stuck, 11).skipped_in_a_row) == 10
  assert int(train_state.hopeful(stuck, 10).skipped_in_a_row) == 0
