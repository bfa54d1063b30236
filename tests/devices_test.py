"""More devices change who computes what, and nothing else.

In float64: rounding then stays far below the bound, so what the bound catches
is a wrong sum, mean or statistic. In float32 the order of the sums alone moves
some gradients of a young network by 3e-5, more or less by processor.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs

from input_pipeline import dataset, shards
from lipsync_jax import family, optimizer, sharding, train_state, train_step

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.mark.parametrize('name', ['expert', 'wav2lip:gan'])
def test_four_devices_equal_one(name, talkers, tiny_expert):
  pretrained = None if name == 'expert' else tiny_expert
  config = tiny_runs.tiny(name, talkers, pretrained, dtype='float64')
  with jax.enable_x64(True):
    one, four = (_losses_and_gradients(config, n) for n in (1, 4))
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(four), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-8)


def test_hosts_take_their_rows_in_order(monkeypatch):
  """A batch is the same one on a machine whose wires order hosts otherwise."""
  real = jax.make_mesh

  def wired(shape, names, *, devices, **kwargs):
    order = [devices[i] for i in (2, 3, 1, 0)]
    mesh = real(shape, names, devices=devices, **kwargs)
    return jax.sharding.Mesh(order, names, axis_types=mesh.axis_types)

  monkeypatch.setattr(jax, 'make_mesh', wired)
  host_of = {d: i // 2 for i, d in enumerate(jax.devices())}
  monkeypatch.setattr(sharding, '_host', host_of.get)
  found = [device.id for device in sharding.make_sharding().mesh.devices.flat]
  assert found == [1, 0, 2, 3]


def _losses_and_gradients(config, devices):
  ours = family.build(config)
  batch = next(
    dataset.make_dataset(
      shards.load_split(config.data.directory, 'train'),
      ours.examples,
      ours.options,
      batch_size=4,
      seed=0,
    )
  )
  tx = optimizer.make_optimizer(
    ours.optimizers, frozen=ours.task.frozen, num_steps=2
  )
  where = sharding.make_sharding(devices)
  state = train_state.create(
    *jax.tree.map(_to_float64, ours.task.init(jax.random.key(0), batch)),
    tx,
    loss_weights={'sync': 0.3, 'adversarial': 0.1},
  )
  state = jax.device_put(state, where.replicated)

  def total(params, state, batch):
    losses, _ = ours.task.loss(
      params,
      state.model_state,
      batch,
      weights=state.loss_weights,
      rng=jax.random.key(0),
      train=True,
    )
    return sum(losses.values())

  gradients = jax.jit(
    jax.grad(total),
    in_shardings=(where.replicated, where.replicated, where.batch),
    out_shardings=where.replicated,
  )(state.params, state, where.put_batch(batch))
  step = train_step.make_train_step(ours.task, tx, where, seed=0)
  _, metrics = step(state, where.put_batch(batch))
  return jax.device_get((metrics, gradients))


def _to_float64(x):
  return x.astype(jnp.float64) if x.dtype == jnp.float32 else x
