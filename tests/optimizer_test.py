import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import optimizer

Options = optimizer.OptimizerOptions


def test_warm_up_then_cosine_to_zero():
  options = Options(learning_rate=1.0, warmup_steps=10, schedule='cosine')
  rate = optimizer.learning_rate(options, 110)
  assert float(rate(0)) == pytest.approx(0.1)
  assert float(rate(10)) == pytest.approx(1.0)
  assert float(rate(60)) == pytest.approx(0.5)
  assert float(rate(110)) == pytest.approx(0.0, abs=1e-6)


def test_unknown_schedule_is_refused():
  with pytest.raises(ValueError, match='cosine'):
    optimizer.learning_rate(Options(schedule='linear'), 10)


def test_clipping_one_network_leaves_the_other_alone():
  tx = optimizer.make_optimizer(
    {'a': Options(clip_norm=1e-3), 'b': Options()}, frozen=(), num_steps=1
  )
  params = {'a': jnp.ones(3), 'b': jnp.ones(3)}
  alone = optimizer.make_optimizer({'b': Options()}, frozen=(), num_steps=1)
  grads = jax.tree.map(lambda x: 100.0 * x, params)
  updates, _ = tx.update(grads, tx.init(params), params)
  only = {'b': params['b']}
  expected, _ = alone.update({'b': grads['b']}, alone.init(only), only)
  np.testing.assert_array_equal(updates['b'], expected['b'])


def test_frozen_networks_get_no_update_and_no_moments():
  tx = optimizer.make_optimizer(
    {'a': Options(weight_decay=0.1)}, frozen=('expert',), num_steps=1
  )
  params = {'a': jnp.ones(3), 'expert': jnp.full(1000, 2.0)}
  state = tx.init(params)
  updates, _ = tx.update(jax.tree.map(jnp.ones_like, params), state, params)
  assert not updates['expert'].any()
  assert sum(leaf.size for leaf in jax.tree.leaves(state)) < 10
