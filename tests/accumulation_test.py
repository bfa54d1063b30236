"""Micro-batches against one large batch, in float64 (see devices_test)."""

import re

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_steps

from lipsync_jax.models import discriminator, layers
from lipsync_jax.tasks import base
from lipsync_jax.training import accumulation

pytestmark = pytest.mark.usefixtures('quick_compilation')


class Normed(base.Task):
  """A convolution and a BatchNorm; `train=False` normalises as it has seen."""

  trained = ('network',)

  def __init__(self, train=True):
    self.train = train
    self.network = layers.ConvBlock(3, dtype=jnp.float64)

  def init(self, rng, batch):
    params, state = base.split(
      self.network.init(rng, batch['picture'], train=False)
    )
    return {'network': params}, {'network': state}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    y, state = base.apply(
      self.network,
      params['network'],
      model_state['network'],
      batch['picture'],
      train=self.train,
    )
    loss = jnp.mean((y - 1) ** 2)
    draw = jax.random.uniform(rng, dtype=jnp.float64)
    rows = batch['row'].astype(jnp.float64)
    return {'network': loss}, (
      {'network': state},
      {'loss': loss, 'draw': draw, 'squared_sum_of_rows': rows.sum() ** 2},
    )


class Judging(base.Task):
  """The discriminator alone, told that every picture is real."""

  trained = ('network',)
  network = discriminator.Discriminator(
    width=2, image_size=small_steps.SIZE, dtype=jnp.float64
  )

  def init(self, rng, batch):
    params, _ = base.split(self.network.init(rng, batch['picture']))
    return {'network': params}, {}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    logits = self.network.apply({'params': params['network']}, batch['picture'])
    loss = nn.softplus(-logits).mean()
    return {'network': loss}, (model_state, {'loss': loss})


def pictures(height, width):
  rng = np.random.default_rng(0)
  return {
    'picture': rng.normal(size=(8, height, width, 3)),
    'row': np.arange(8),
  }


NORMED = pictures(6, 6)
JUDGED = pictures(small_steps.SIZE // 2, small_steps.SIZE)


def after(task, batch, *, devices=1, accumulate=1, steps=2):
  """What a few steps of SGD leave, and the metrics of the last."""
  with jax.enable_x64(True):
    step, state, put = small_steps.make_step(
      task,
      batch,
      devices=devices,
      accumulate=accumulate,
      tx=small_steps.sgd(),
      float64=True,
    )
    for _ in range(steps):
      state, metrics = step(state, put(batch))
    return jax.device_get((state.params, state.model_state, metrics))


def gap(one, other):
  """The largest difference of any number, draws left out."""
  for found in (one, other):
    found[2].pop('draw', None)
    found[2].pop('squared_sum_of_rows', None)
  differences = jax.tree.map(
    lambda a, b: float(np.max(np.abs(a - b))), one, other
  )
  return max(jax.tree.leaves(differences))


@pytest.mark.parametrize('devices', [1, 2])
@pytest.mark.parametrize('task, batch', [(Judging(), JUDGED)])
def test_micro_batches_equal_one_batch_without_batchnorm(task, batch, devices):
  whole = after(task, batch)
  assert gap(after(task, batch, devices=devices, accumulate=4), whole) < 1e-12


def test_mean_losses_equal_one_batch():
  batch = jax.tree.map(np.float64, small_steps.plain_batch())
  task = small_steps.Plain()
  one = after(task, batch)
  for devices, accumulate in ((1, 2), (1, 8), (2, 4), (4, 2)):
    other = after(task, batch, devices=devices, accumulate=accumulate)
    # The stand-in counts its batches.
    for state, seen in ((one, 2), (other, 2 * accumulate)):
      assert state[1]['network']['batch_stats'].pop('seen') == seen
      state[1]['network']['batch_stats']['seen'] = np.float64(2)
    assert gap(other, one) < 1e-12


def test_batchnorm_is_over_the_micro_batch_of_all_devices():
  one = after(Normed(), NORMED, accumulate=2)
  for devices in (2, 4):
    other = after(Normed(), NORMED, devices=devices, accumulate=2)
    assert gap(other, one) < 1e-12


def test_batchnorm_alone_tells_micro_batches_from_one_batch():
  differ = [
    gap(after(Normed(t), NORMED, accumulate=2), after(Normed(t), NORMED))
    for t in (True, False)
  ]
  assert differ[0] > 1e-3
  assert differ[1] < 1e-12


@pytest.mark.parametrize('devices', [1, 2, 4])
def test_micro_batches_hold_the_same_rows_on_any_devices(devices):
  *_, metrics = after(Normed(), NORMED, devices=devices, accumulate=2, steps=1)
  # Row r is in micro-batch r % 2; devices hold contiguous rows of it.
  expected = np.mean(
    [
      part.sum() ** 2
      for i in range(2)
      for part in np.split(np.arange(8)[i::2], devices)
    ]
  )
  assert metrics['squared_sum_of_rows'] == expected


def test_every_part_draws_its_own():
  *_, metrics = after(Normed(), NORMED, devices=2, accumulate=2, steps=1)
  with jax.enable_x64(True):
    step = jax.random.fold_in(jax.random.key(0), 0)
    draws = [
      jax.random.uniform(
        jax.random.fold_in(jax.random.fold_in(step, device), i),
        dtype=jnp.float64,
      )
      for device in range(2)
      for i in range(2)
    ]
  assert len({float(d) for d in draws}) == 4
  assert metrics['draw'] == pytest.approx(float(np.mean(draws)), abs=1e-12)


def test_an_expert_on_four_devices_equals_one():
  batch = small_steps.make_batch('expert', 8)
  task = small_steps.make_task('expert', jnp.float64)
  one, four = (
    after(task, batch, devices=n, accumulate=2, steps=1) for n in (1, 4)
  )
  for found in (one, four):
    # Of all pairs of clips, which parts see fewer of.
    for name in ('cosine_false', 'pair_accuracy'):
      del found[2][name]
  assert gap(one, four) < 1e-8


def test_gradients_are_reduced_once_however_many_micro_batches():
  batch = small_steps.plain_batch(16)
  for count in (2, 4):
    step, state, put = small_steps.make_step(
      small_steps.Plain(), batch, devices=4, accumulate=count
    )
    program = step.lower(state, put(batch)).compile().as_text()
    assert ' while(' in program
    (found,) = re.findall(r'= (.*) all-reduce\(', program)
    assert 'f32[4,3]' in found  # the kernel's gradient, with all the others


def test_rows_that_do_not_divide_are_refused():
  accumulation.check(16, devices=4, accumulate=4)
  with pytest.raises(ValueError, match='batch_size=6 .* by the 4 devices'):
    accumulation.check(6, devices=4, accumulate=1)
  with pytest.raises(ValueError, match=r'4 devices times accumulate=4\.'):
    accumulation.check(8, devices=4, accumulate=4)
  with pytest.raises(ValueError, match='accumulate=0'):
    accumulation.check(8, devices=4, accumulate=0)


def test_pairs_need_two_windows_in_every_part():
  batch = small_steps.make_batch('expert', 4)
  for name in ('frames', 'sound', 'false_sound', 'start'):
    batch[name] = batch[name][:, :1]
  task = small_steps.make_task('expert', objective='cosine_bce')
  step, state, put = small_steps.make_step(task, batch, devices=2, accumulate=2)
  with pytest.raises(ValueError, match='lower accumulate'):
    jax.eval_shape(step, state, put(batch))
