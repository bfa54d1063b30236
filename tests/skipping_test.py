"""A step whose numbers are not finite leaves nothing behind but its count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_steps

from lipsync_jax import train_state

GOOD = small_steps.plain_batch()
BAD = GOOD | {'x': np.where(np.arange(8)[:, None] == 5, np.nan, GOOD['x'])}


class Forgetful(small_steps.Plain):
  """Its running statistic overflows, and nothing else."""

  def loss(self, params, model_state, batch, **kwargs):
    losses, (_, metrics) = super().loss(params, model_state, batch, **kwargs)
    state = {'network': {'batch_stats': {'seen': jnp.float32(jnp.inf)}}}
    return losses, (state, metrics)


def begin(task=None, **options):
  """A step, a copy of the state it starts from as numpy, and the state."""
  task = task or small_steps.Plain()
  step, state, put = small_steps.make_step(
    task, GOOD, ema=('network',), **options
  )
  state, _ = step(state, put(GOOD))
  return step, jax.device_get(state), state, put


def assert_unchanged(state, before):
  for field in ('params', 'model_state', 'opt_state', 'ema_params'):
    pairs = zip(
      jax.tree.leaves(getattr(state, field)),
      jax.tree.leaves(getattr(before, field)),
      strict=True,
    )
    for a, b in pairs:
      assert np.asarray(a).tobytes() == np.asarray(b).tobytes(), field


@pytest.mark.parametrize('accumulate', [1, 2])
def test_a_poisoned_batch_changes_nothing(accumulate):
  step, before, state, put = begin(devices=2, accumulate=accumulate)
  state, metrics = step(state, put(BAD))
  assert_unchanged(state, before)
  assert int(state.step) == 2
  assert int(state.skipped) == int(state.skipped_in_a_row) == 1
  assert metrics['skipped'] == metrics['skipped_steps'] == 1
  assert metrics['skipped'].dtype == jnp.float32
  assert not np.isfinite(metrics['network_loss'])


def test_the_next_good_batch_counts_again():
  step, before, state, put = begin()
  state, _ = step(state, put(BAD))
  state, metrics = step(state, put(GOOD))
  assert (int(state.skipped), int(state.skipped_in_a_row)) == (1, 0)
  assert metrics['skipped'] == 0
  assert metrics['skipped_steps'] == 1
  kernel = ('network', 'kernel')
  moved = state.params[kernel[0]][kernel[1]]
  assert not np.array_equal(moved, before.params[kernel[0]][kernel[1]])


def test_good_steps_keep_the_bytes_of_what_is_frozen():
  step, before, state, put = begin(accumulate=2)
  state, _ = step(state, put(GOOD))
  for now in (state, before):
    # -0.0 as drawn: adding zero would make it 0.0.
    assert np.signbit(now.params['expert']['scale'])


def test_a_skipped_step_is_none_to_the_optimizer():
  step, _, state, put = begin()
  state, _ = step(state, put(BAD))
  state, _ = step(state, put(GOOD))
  other, _, straight, _ = begin()
  straight, _ = other(straight, put(GOOD))
  jax.tree.map(np.testing.assert_array_equal, state.params, straight.params)
  jax.tree.map(
    np.testing.assert_array_equal, state.opt_state, straight.opt_state
  )


def test_parameters_that_would_not_be_finite_are_not_taken():
  task = small_steps.Plain()
  step, state, put = small_steps.make_step(
    task,
    GOOD,
    tx=small_steps.make_optimizer(task, learning_rate=float('inf')),
  )
  before = jax.device_get(state)
  state, metrics = step(state, put(GOOD))
  assert np.isfinite(metrics['network_loss'])
  assert metrics['skipped'] == 1
  assert_unchanged(state, before)


def test_statistics_that_would_not_be_finite_are_not_taken():
  step, state, put = small_steps.make_step(Forgetful(), GOOD)
  before = jax.device_get(state)
  state, metrics = step(state, put(GOOD))
  assert metrics['skipped'] == 1
  assert_unchanged(state, before)


def test_after_too_many_the_state_waits_for_the_host():
  step, before, state, put = begin(max_bad_steps=2)
  for batch in (BAD, BAD, GOOD, GOOD):
    state, metrics = step(state, put(batch))
  assert metrics['skipped_in_a_row'] == 4
  assert_unchanged(state, before)
  # What is saved is the state before the first of them.
  again = train_state.before(state, 1)
  jax.tree.map(np.testing.assert_array_equal, jax.device_get(again), before)


def test_a_run_that_may_skip_nothing_is_refused():
  with pytest.raises(ValueError, match='max_bad_steps=0 must be 1'):
    small_steps.make_step(small_steps.Plain(), GOOD, max_bad_steps=0)


class Layered(small_steps.Plain):
  """With as many arrays as a network has, whose statistics are looked at."""

  def __init__(self, count):
    self.count = count

  def init(self, rng, batch):
    params, state = super().init(rng, batch)
    more = {f'seen_{k}': jnp.zeros(()) for k in range(self.count)}
    state['network']['batch_stats'] |= more
    return params, state

  def loss(self, params, model_state, batch, **kwargs):
    stats = model_state['network']['batch_stats']
    losses, (_, metrics) = super().loss(params, model_state, batch, **kwargs)
    moved = {k: 0.9 * v + metrics['loss'] for k, v in stats.items()}
    return losses, ({'network': {'batch_stats': moved}}, metrics)


def test_looking_for_what_is_not_finite_grows_with_the_network_only():
  """Not with its square: XLA wrote the search out for every array chosen."""
  found = []
  for count in (20, 40):
    step, _, state, put = begin(Layered(count))
    text = step.lower(state, put(GOOD)).compile().as_text()
    found.append(text.count(' and('))
  assert found[1] < 2.5 * found[0]
