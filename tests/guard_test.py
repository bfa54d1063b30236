"""A guard's decisions, and runs in which sync falls."""

import math

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs

from input_pipeline import dataset, shards
from lipsync_jax import (
  checkpoint,
  family,
  metric_writer,
  optimizer,
  sharding,
  train,
  train_state,
  train_step,
  validate,
)
from lipsync_jax.tasks import base
from lipsync_jax.training import guard
from tools import personal

pytestmark = pytest.mark.usefixtures('quick_compilation')

# Sync as a run's evaluations see it, the first before any step.
FALLING = (10.0, 9.5, 8.0, 7.0, 6.0, 9.2, 5.0, 4.0, 3.0)


def judged(watch, values, name='sync_confidence'):
  control, found = watch.initial(), []
  for value in values:
    control = watch.judge(control, {name: value})
    found.append(control)
  return found


def column(found, name):
  return [control[name] for control in found]


def test_rates_fall_with_sync_and_the_run_stops():
  watch = guard.Guard('sync_confidence', factor=0.5, max_reductions=2)
  found = judged(watch, FALLING)
  # 9.5 and 9.2 are within a tenth of the best, and end a row of falls.
  assert column(found, 'falls') == [0, 0, 1, 0, 1, 0, 1, 0, 1]
  assert column(found, 'reductions') == [0, 0, 0, 1, 1, 1, 1, 2, 2]
  assert column(found, 'rate') == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
  assert column(found, 'best') == [10] * len(FALLING)
  assert not any(map(watch.stops, found))
  assert watch.stops(watch.judge(found[-1], {'sync_confidence': 2.0}))


def test_the_best_so_far_is_the_measure():
  watch = guard.Guard('sync_confidence', patience=1, max_reductions=0)
  found = judged(watch, [10.0, 20.0, 17.0])
  assert column(found, 'best') == [10, 20, 20]
  assert list(map(watch.stops, found)) == [False, False, True]


def test_of_a_loss_less_is_better():
  watch = guard.Guard('sync', tolerance=0.2, patience=1, max_reductions=9)
  found = judged(watch, [1.0, 1.1, 1.3, 0.5, 0.7], 'sync')
  assert column(found, 'best') == [1, 1, 1, 0.5, 0.5]
  assert column(found, 'reductions') == [0, 0, 1, 1, 2]


def test_what_is_no_number_is_a_fall():
  watch = guard.Guard('sync_confidence', patience=2, max_reductions=0)
  found = judged(watch, [1.0, math.nan, math.nan])
  assert column(found, 'best') == [1, 1, 1] and watch.stops(found[-1])


@pytest.mark.parametrize(
  ('wrong', 'said'),
  [
    ({'metric': 'beauty'}, "guard.metric is 'beauty': choose sync, "),
    ({'tolerance': -0.1}, 'guard.tolerance is -0.1, not 0 or more'),
    ({'patience': 0}, 'guard.patience is 0'),
    ({'factor': 1.0}, 'guard.factor is 1.0, not between'),
    ({'max_reductions': -1}, 'guard.max_reductions is -1'),
  ],
)
def test_wrong_numbers(wrong, said):
  with pytest.raises(ValueError, match=said):
    guard.Guard(**{'metric': 'sync'} | wrong)


def test_a_metric_nobody_measures():
  watch = guard.Guard('sync_confidence')
  with pytest.raises(ValueError, match='sync_confidence.*measures: l1, sync'):
    watch.judge(watch.initial(), {'sync': 1.0, 'l1': 1.0})


class _Pulled(base.Task):
  """One number, pulled down by its loss."""

  trained = ('network',)

  def init(self, rng, batch):
    return {'network': {'w': jnp.zeros(1)}}, {}

  def loss(self, params, model_state, batch, *, weights, rng, train):
    loss = (params['network']['w'] * batch['x']).mean()
    return {'network': loss}, (model_state, {'loss': loss})


@pytest.mark.parametrize('rate', [None, 1.0, 0.25])
def test_the_rate_scales_the_update(rate):
  task, batch = _Pulled(), {'x': np.ones((4, 1), np.float32)}
  options = {'network': optimizer.OptimizerOptions(learning_rate=0.5)}
  tx = optimizer.make_optimizer(options, frozen=(), num_steps=9)
  where = sharding.make_sharding(1)
  state = train_state.create(
    *task.init(jax.random.key(0), batch),
    tx,
    loss_weights={},
    control={} if rate is None else {'rate': 1.0},
  )
  state = jax.device_put(state, where.replicated)
  step = train_step.make_train_step(task, tx, where, seed=0)
  moved = []
  for factor in (1.0, rate):
    if rate is not None:
      state = train_step.set_control(state, {'rate': factor})
    before = float(state.params['network']['w'][0])
    state, metrics = step(state, batch)
    moved.append(float(state.params['network']['w'][0]) - before)
  # AdamW's first steps, with a gradient that stays, are the rate itself.
  assert moved[0] == pytest.approx(-0.5, rel=1e-4)
  assert moved[1] == pytest.approx(-0.5 * (rate or 1), rel=1e-4)
  assert step._cache_size() == 1  # changed without compiling anew
  assert ('guard_rate' in metrics) == (rate is not None)


@pytest.fixture(scope='module')
def tiny_generator(talkers, tiny_expert, tmp_path_factory):
  """The workdir of a generator that has not learnt yet; it holds its expert."""
  workdir = tmp_path_factory.mktemp('generator')
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert, image_size=24)
  ours = family.build(config)
  tx = optimizer.make_optimizer(
    ours.optimizers, frozen=ours.task.frozen, num_steps=1
  )
  raw = shards.load_split(talkers, 'train')
  batch = next(
    dataset.make_dataset(raw, 'generator', ours.options, batch_size=4, seed=0)
  )
  state = ours.create_state(tx, batch, sharding.make_sharding(1).replicated)
  saver = checkpoint.Checkpointer(
    workdir, ours.description(), best_metric=config.best_metric
  )
  saver.save(0, state, {config.best_metric: 1.0})
  saver.close()
  return workdir


@pytest.fixture(scope='module')
def falling(talkers, tiny_generator):
  """A config, and a validation that hears less the more has changed."""
  few = {'image_size': 24, 'batch_size': 2, 'num_devices': 1}
  config = tiny_runs.tiny(
    'personalize', talkers, num_steps=40, eval_every=2, **few
  )
  config.data.speaker, config.data.held_out = '0', 0.5
  config.pretrained.generator = str(tiny_generator)
  config.guard.factor, config.ema.decay = 0.5, 0.5
  config.optimizer.generator.warmup_steps = 0
  first, _ = checkpoint.load_network(tiny_generator, 'generator')

  def metrics(self, params, model_state, loss_weights):
    del self, model_state, loss_weights
    # By what the parameters are: a resumed run must hear the same.
    moved = jax.tree.map(
      lambda x, y: float(abs(x - y).sum()), params['generator'], first['params']
    )
    heard = 1 / (1 + sum(jax.tree.leaves(moved)))
    return {'l1_and_sync': 1 - heard, 'sync_confidence': heard}

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(validate.Validation, 'metrics', metrics)
    for shown in ('picture', 'sample'):
      patch.setattr(validate.Validation, shown, lambda *given: None)
    yield config


@pytest.fixture(scope='module')
def whole(falling, tmp_path_factory):
  """The folder of a run that the guard stopped, and its last state."""
  folder = tmp_path_factory.mktemp('whole')
  return folder, train.train_and_evaluate(falling, str(folder))


def rows(folder):
  found = metric_writer.read(folder / 'metrics.jsonl')
  return [
    {k: v for k, v in row.items() if not k.startswith('time/')} for row in found
  ]


def test_a_run_whose_sync_falls(falling, whole, caplog):
  folder, state = whole
  judged = {r['step']: r for r in rows(folder) if 'guard/rate' in r}
  assert list(judged) == [0, 2, 4, 6, 8, 10, 12]
  assert judged[0]['guard/best'] == judged[0]['val/sync_confidence'] == 1.0
  found = [row['guard/rate'] for row in judged.values()]
  assert found == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]
  assert int(state.step) == 12 < falling.num_steps
  (rate,) = [
    row['train/generator_learning_rate']
    for row in rows(folder)
    if row['step'] == 12 and 'train/loss' in row
  ]
  assert rate == pytest.approx(0.25 * falling.optimizer.generator.learning_rate)

  # Started again, it stays stopped, and says so.
  again = train.train_and_evaluate(falling, str(folder))
  jax.tree.map(np.testing.assert_array_equal, again, state)
  said = 'Stopped by the sync guard at step 12; the best checkpoint is step 0.'
  assert said in caplog.text
  assert checkpoint.describe(folder)['step'] == 0  # where it began


def test_what_batches_of_one_speaker_would_normalise_stays(
  whole, tiny_generator
):
  before, _ = checkpoint.load_network(tiny_generator, 'generator')
  jax.tree.map(
    np.testing.assert_array_equal,
    whole[1].model_state['generator'],
    {'batch_stats': before['batch_stats']},
  )


def test_resumed_it_decides_alike(falling, whole, tmp_path, monkeypatch):
  real = dataset.make_dataset
  # Before the first step, and after some that were not saved.
  for stop in (0, 7):

    def stops(*args, stop=stop, **kwargs):
      for i, batch in enumerate(real(*args, **kwargs)):
        if i == stop:
          raise KeyboardInterrupt
        yield batch

    with monkeypatch.context() as patch:
      patch.setattr(dataset, 'make_dataset', stops)
      with pytest.raises(KeyboardInterrupt):
        train.train_and_evaluate(falling, str(tmp_path))
  state = train.train_and_evaluate(falling, str(tmp_path))
  jax.tree.map(np.testing.assert_array_equal, state, whole[1])
  assert rows(tmp_path) == rows(whole[0])


def test_what_it_changed_is_shown(whole, tiny_expert, tmp_path, capsys):
  strip = tmp_path / 'strip.png'
  words = ['--run', str(whole[0]), '--expert', str(tiny_expert)]
  assert personal.main([*words, '--output', str(strip), '--columns', '3']) == 0
  said = capsys.readouterr().out
  for word in (
    '1 s in 1 chunks held out',
    '| before | ',
    '| truth |  |  | 1.0',
  ):
    assert word in said
  assert cv2.imread(str(strip)).shape == (3 * 24, 3 * 24, 3)
  # Of a run that is none of a speaker's.
  words[1] = str(tiny_expert)
  assert personal.main(words) == 1
  assert 'give a run of configs/personalize.py' in capsys.readouterr().err


def test_a_guard_needs_a_generator_to_start_from(talkers, tiny_expert):
  config = tiny_runs.tiny('personalize', talkers, tiny_expert)
  with pytest.raises(ValueError, match=r'pretrained\.generator=RUN'):
    family.build(config)


def test_the_expert_of_the_generators_run_serves(talkers, tiny_generator):
  config = tiny_runs.tiny('personalize', talkers, image_size=24)
  config.pretrained.generator = str(tiny_generator)
  built = family.build(config)
  assert built.pretrained == dict.fromkeys(
    ('generator', 'expert', 'temperature'), str(tiny_generator)
  )
  assert built.task.sync_loss == 'matching'
  assert built.task.expert.image_size == 48  # its own
  assert built.description()['objective'] == 'multiway'
