"""The real configs, shrunk: every one trains, stops, resumes, scales."""

import json
import shutil

import jax
import numpy as np
import pytest
import tiny_runs

from input_pipeline import dataset
from lipsync_jax import (
  checkpoint,
  family,
  metric_writer,
  train,
)

pytestmark = pytest.mark.usefixtures('quick_compilation')

# The others are trained in learning_test and lip_reading_test.
CONFIGS = [
  'expert',
  'expert:reference',
  'lstm_cbam:no_lstm',
  'lstm_cbam:no_cbam',
  'lstm_cbam:plain',
  'wav2lip:gan',
]


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_trains(name, talkers, tiny_expert, tmp_path):
  config = tiny_runs.tiny(
    name, talkers, tiny_expert if name == 'wav2lip:gan' else None
  )
  state = train.train_and_evaluate(config, str(tmp_path))
  assert int(state.step) == 2
  rows = metric_writer.read(tmp_path / 'metrics.jsonl')
  assert {row['step'] for row in rows} == {1, 2}
  assert all(np.isfinite(list(row.values())).all() for row in rows)
  trained = next(iter(config.optimizer))
  _, description = checkpoint.load_network(tmp_path, trained)
  assert description['data']['licences'] == ['none']
  assert bool(list(tmp_path.glob('samples/*.png'))) == ('wav2lip' in name)


def test_the_frozen_expert_keeps_its_bytes(talkers, tiny_expert, tmp_path):
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert)
  config.optimizer.generator.weight_decay = 0.1
  config.loss.sync_gate = 100.0  # open from the first evaluation on
  config.num_steps, config.eval_every = 4, 2
  state = train.train_and_evaluate(config, str(tmp_path))
  assert float(state.loss_weights['sync']) > 0
  variables, _ = checkpoint.load_network(tiny_expert, 'expert')
  params = variables.pop('params')
  for ours, theirs in ((state.params, params), (state.model_state, variables)):
    for a, b in zip(
      jax.tree.leaves(ours['expert']), jax.tree.leaves(theirs), strict=True
    ):
      assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_resume_equals_uninterrupted(
  talkers, tiny_expert, tmp_path, monkeypatch
):
  config = tiny_runs.tiny(
    'wav2lip:gan',
    talkers,
    tiny_expert,
    num_steps=40,
    eval_every=20,
    log_every=5,
  )
  whole = train.train_and_evaluate(config, str(tmp_path / 'whole'))

  real = dataset.make_dataset

  def stops_after_step_23(*args, **kwargs):
    for i, batch in enumerate(real(*args, **kwargs)):
      if i == 23:
        raise KeyboardInterrupt
      yield batch

  with monkeypatch.context() as patch:
    patch.setattr(dataset, 'make_dataset', stops_after_step_23)
    with pytest.raises(KeyboardInterrupt):
      train.train_and_evaluate(config, str(tmp_path / 'parts'))
  parts = train.train_and_evaluate(config, str(tmp_path / 'parts'))

  jax.tree.map(np.testing.assert_array_equal, parts, whole)
  rows = [
    [
      {k: v for k, v in row.items() if not k.startswith('time/')}
      for row in metric_writer.read(tmp_path / run / 'metrics.jsonl')
    ]
    for run in ('parts', 'whole')
  ]
  assert rows[0] == rows[1]


def test_a_moved_run_needs_none_of_those_it_began_with(
  talkers, tiny_expert, tmp_path
):
  expert = tmp_path / 'expert'
  shutil.copytree(tiny_expert, expert)
  config = tiny_runs.tiny('wav2lip', talkers, expert, image_size=24)
  config.loss.sync_gate = float('inf')
  train.train_and_evaluate(config, str(tmp_path / 'run'))
  shutil.rmtree(expert)
  longer = config.copy_and_resolve_references()
  longer.num_steps = 3
  state = train.train_and_evaluate(longer, str(tmp_path / 'run'))
  assert int(state.step) == 3
  # And its expert, asked for, is one like any other.
  other = tiny_runs.tiny('wav2lip', talkers, tmp_path / 'run', image_size=24)
  built = family.build(other)
  assert built.task.sync.kind == 'matching'


def test_data_that_is_not_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'tools\.prepare'):
    train.train_and_evaluate(
      tiny_runs.tiny('expert', tmp_path), str(tmp_path / 'run')
    )


def test_data_that_nobody_named():
  with pytest.raises(ValueError, match=r'--config\.data\.directory'):
    train.train_and_evaluate(tiny_runs.tiny('expert', ''), 'nowhere')


def test_a_best_metric_nobody_measures_is_refused(talkers, tmp_path):
  config = tiny_runs.tiny('expert', talkers, best_metric='beauty')
  with pytest.raises(ValueError, match="'beauty' is none of .*offset_accuracy"):
    train.train_and_evaluate(config, str(tmp_path))
  # What was trained until then is not lost.
  with config.unlocked():
    config.best_metric = 'loss'
  train.train_and_evaluate(config, str(tmp_path))
  rows = metric_writer.read(tmp_path / 'metrics.jsonl')
  assert [row['step'] for row in rows if 'train/loss' in row] == [1, 2]
  assert checkpoint.describe(tmp_path)['step'] == 2


def test_an_expert_is_needed(talkers, tmp_path):
  with pytest.raises(ValueError, match=r'pretrained\.expert'):
    train.train_and_evaluate(tiny_runs.tiny('wav2lip', talkers), str(tmp_path))


def test_pictures_are_resized_for_an_expert_of_another_size(
  talkers, tiny_expert
):
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert, image_size=64)
  built = family.build(config)
  assert built.task.generator.image_size == 64
  assert built.task.expert.image_size == 48
  frames = jax.ShapeDtypeStruct((2, 5, 64, 64, 3), np.uint8)
  sounds = jax.ShapeDtypeStruct((2, 5, 80, 16, 1), np.float32)
  batch = {'frames': frames, 'reference': frames, 'frame_sounds': sounds}
  batch['sound'] = jax.ShapeDtypeStruct((2, 80, 16, 1), np.float32)

  def loss(batch):
    params, state = built.task.init(jax.random.key(0), batch)
    weights = {'sync': 0.5}
    return built.task.loss(
      params, state, batch, weights=weights, rng=None, train=True
    )[0]

  assert jax.eval_shape(loss, batch)['generator'].shape == ()


def test_a_network_that_a_run_lacks_is_refused(talkers, tiny_expert):
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert)
  with config.unlocked():
    # Not an expert, which may be of any size.
    config.networks.discriminator = config.networks.expert
    config.pretrained.discriminator = config.pretrained.expert
  with pytest.raises(ValueError, match=r"networks \['expert'\], not 'disc"):
    family.build(config)


def test_networks_of_256_pixels_train(talkers, tmp_path):
  few = {'image_size': 256, 'batch_size': 2, 'num_devices': 1}
  config = tiny_runs.tiny('expert', talkers, **few)
  config.data.windows_per_clip = 2
  state = train.train_and_evaluate(config, str(tmp_path / 'expert'))
  assert int(state.step) == 2
  config = tiny_runs.tiny('wav2lip:gan', talkers, tmp_path / 'expert', **few)
  state = train.train_and_evaluate(config, str(tmp_path / 'generator'))
  assert int(state.step) == 2
  rows = metric_writer.read(tmp_path / 'generator' / 'metrics.jsonl')
  assert all(np.isfinite(list(row.values())).all() for row in rows)


def test_an_address_is_no_folder(talkers, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(ValueError, match='gs://b/x is an address'):
    train.train_and_evaluate(tiny_runs.tiny('expert', talkers), 'gs://b/x')
  assert not list(tmp_path.iterdir())


def _full(checkpointer):
  raise OSError('No space left on device')


def test_steps_that_are_not_finite_stop_the_run_before_them(
  talkers, tmp_path, monkeypatch, caplog
):
  small = {'image_size': 24, 'num_steps': 4, 'max_bad_steps': 2}
  config = tiny_runs.tiny('expert', talkers, **small)
  rate = config.optimizer.expert.learning_rate
  config.optimizer.expert.learning_rate = float('inf')
  config.optimizer.expert.warmup_steps = 0
  with monkeypatch.context() as patch:
    # A full disk as well must not hide why it ended.
    patch.setattr(checkpoint.Checkpointer, 'close', _full)
    with pytest.raises(FloatingPointError, match='learning rate'):
      train.train_and_evaluate(config, str(tmp_path / 'full'))
  assert 'No space' in caplog.text
  with pytest.raises(FloatingPointError, match='learning rate'):
    train.train_and_evaluate(config, str(tmp_path))
  lines = (tmp_path / 'metrics.jsonl').read_text().splitlines()
  rows = [json.loads(line, parse_constant=pytest.fail) for line in lines]
  assert rows[0]['train/skipped_steps'] == 1
  assert 'train/expert_param_norm' not in rows[0]
  assert checkpoint.describe(tmp_path)['step'] == 0
  # With what ended it put right, the run goes on from there.
  config.optimizer.expert.learning_rate = rate
  state = train.train_and_evaluate(config, str(tmp_path))
  assert (int(state.step), int(state.skipped)) == (4, 0)
