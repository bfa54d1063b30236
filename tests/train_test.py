"""The real configs, shrunk: every one trains, stops, resumes, scales."""

import importlib

import cv2
import jax
import numpy as np
import pytest

from input_pipeline import audio, records, shards, synthetic
from lipsync_jax import (
  checkpoint,
  family,
  metric_writer,
  optimizer,
  sharding,
  train,
  train_state,
  train_step,
)

pytestmark = pytest.mark.usefixtures('quick_compilation')

CONFIGS = [
  'expert',
  'expert:reference',
  'wav2lip',
  'wav2lip:gan',
]


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  """Four clips of two people to train on, two of a third to judge by."""
  folder = tmp_path_factory.mktemp('data')
  writers = []
  for split, people in (('train', (0, 1)), ('validation', (2,))):
    with shards.ShardWriter(folder, 'talkers', split) as writer:
      for person in people:
        for seed in range(2):
          writer.write(_chunk(person, seed))
    writers.append(writer)
  shards.write_metadata(
    folder, writers, description='', metadata={'licences': ['none']}
  )
  return folder


def _chunk(person, seed, frames=20):
  clip = synthetic.make_clip(
    synthetic.person(person), seed=seed, num_frames=frames
  )
  context = records.MEL_CONTEXT
  mel = np.full((16 * frames // 5 + 2 * context, 80), audio.SILENCE, np.float32)
  rows = audio.mel_spectrogram(clip.audio)
  mel[context : context + len(rows)] = rows
  return records.Chunk(
    frames=[
      records.encode_frame(cv2.resize(frame[64:, 32:-32], (64, 64)))
      for frame in clip.frames
    ],
    audio=np.int16(clip.audio * 32767),
    mel=mel,
    mel_context=context,
    num_frames=frames,
    fps=25.0,
    clip_id=f'{person}/{seed}.mp4',
    speaker=str(person),
    start_frame=0,
    box=np.zeros((frames, 3), np.float32),
  )


@pytest.fixture(scope='module')
def expert(data, tmp_path_factory):
  workdir = tmp_path_factory.mktemp('expert')
  train.train_and_evaluate(tiny('expert', data), str(workdir))
  return workdir


def tiny(name, data, expert=None, **overrides):
  """A file of configs/ with everything small."""
  module, _, variant = name.partition(':')
  config = importlib.import_module(f'configs.{module}').get_config(variant)
  config.image_size = 48
  for network in config.networks.values():
    network.width = 2
  if expert:
    config.pretrained.expert = str(expert)
  config.data.directory = str(data)
  config.data.num_threads = 1
  config.num_steps, config.batch_size = 2, 4
  config.log_every, config.eval_every, config.eval_batches = 1, 2, 1
  config.update(overrides)
  return config.lock()


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_trains(name, data, expert, tmp_path):
  config = tiny(name, data, None if 'expert' in name else expert)
  state = train.train_and_evaluate(config, str(tmp_path))
  assert int(state.step) == 2
  rows = metric_writer.read(tmp_path / 'metrics.jsonl')
  assert {row['step'] for row in rows} == {1, 2}
  assert all(np.isfinite(list(row.values())).all() for row in rows)
  trained = next(iter(config.optimizer))
  _, description = checkpoint.load_network(tmp_path, trained)
  assert description['data']['licences'] == ['none']
  assert bool(list(tmp_path.glob('samples/*.png'))) == ('wav2lip' in name)


def test_the_frozen_expert_keeps_its_bytes(data, expert, tmp_path):
  config = tiny('wav2lip', data, expert)
  config.optimizer.generator.weight_decay = 0.1
  config.loss.sync_gate = 100.0  # open from the first evaluation on
  config.num_steps, config.eval_every = 4, 2
  state = train.train_and_evaluate(config, str(tmp_path))
  assert float(state.loss_weights['sync']) > 0
  variables, _ = checkpoint.load_network(expert, 'expert')
  params = variables.pop('params')
  for ours, theirs in ((state.params, params), (state.model_state, variables)):
    for a, b in zip(
      jax.tree.leaves(ours['expert']), jax.tree.leaves(theirs), strict=True
    ):
      assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_resume_equals_uninterrupted(data, expert, tmp_path, monkeypatch):
  config = tiny(
    'wav2lip:gan', data, expert, num_steps=40, eval_every=20, log_every=5
  )
  whole = train.train_and_evaluate(config, str(tmp_path / 'whole'))

  real = train.dataset.make_dataset

  def stops_after_step_23(*args, **kwargs):
    for i, batch in enumerate(real(*args, **kwargs)):
      if i == 23:
        raise KeyboardInterrupt
      yield batch

  with monkeypatch.context() as patch:
    patch.setattr(train.dataset, 'make_dataset', stops_after_step_23)
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


@pytest.mark.parametrize('name', ['expert', 'wav2lip:gan'])
def test_four_devices_equal_one(name, data, expert):
  config = tiny(name, data, None if name == 'expert' else expert)
  ours = family.build(config)
  source = shards.load_split(data, 'train')
  batch = next(
    train.dataset.make_dataset(
      source, ours.examples, ours.options, batch_size=4, seed=0
    )
  )
  tx = optimizer.make_optimizer(
    ours.optimizers, frozen=ours.task.frozen, num_steps=2
  )
  results = []
  for devices in (1, 4):
    where = sharding.make_sharding(devices)
    params, model_state = ours.task.init(jax.random.key(0), batch)
    state = train_state.create(
      params, model_state, tx, loss_weights={'sync': 0.3, 'adversarial': 0.1}
    )
    state = jax.device_put(state, where.replicated)
    grads = jax.jit(
      jax.grad(lambda p, s, b: _total(ours.task, p, s, b)),
      in_shardings=(where.replicated, where.replicated, where.batch),
      out_shardings=where.replicated,
    )(state.params, state, where.put_batch(batch))
    step = train_step.make_train_step(ours.task, tx, where, seed=0)
    _, metrics = step(state, where.put_batch(batch))
    results.append(jax.device_get((metrics, grads)))
  one, four = results

  def assert_close(a, b):
    # Relative to the array, not the element: sums differ in order only.
    assert np.linalg.norm(a - b) <= 1e-5 * (1 + np.linalg.norm(b))

  jax.tree.map(assert_close, one, four)


def _total(task, params, state, batch):
  losses, _ = task.loss(
    params,
    state.model_state,
    batch,
    weights=state.loss_weights,
    rng=jax.random.key(0),
    train=True,
  )
  return sum(losses.values())


def test_data_that_is_not_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'tools\.prepare'):
    train.train_and_evaluate(tiny('expert', tmp_path), str(tmp_path / 'run'))


def test_an_expert_is_needed(data, tmp_path):
  with pytest.raises(ValueError, match=r'pretrained\.expert'):
    train.train_and_evaluate(tiny('wav2lip', data), str(tmp_path))


def test_an_expert_for_another_size_is_refused(data, expert, tmp_path):
  config = tiny('wav2lip', data, expert, image_size=64)
  with pytest.raises(ValueError, match='48 px.*image_size=64'):
    train.train_and_evaluate(config, str(tmp_path))


def test_a_loss_that_is_not_finite_stops_the_run(data, tmp_path):
  config = tiny('expert', data, num_steps=4)
  config.optimizer.expert.learning_rate = float('inf')
  config.optimizer.expert.warmup_steps = 0
  with pytest.raises(FloatingPointError, match='learning rate'):
    train.train_and_evaluate(config, str(tmp_path))
