"""Converted networks dub, train on, and are listened to in training."""

import jax
import numpy as np
import pytest

import lipsync_jax
from input_pipeline import media
from lipsync_jax import checkpoint, conversion, family, metric_writer, train
from lipsync_jax.inference import generator as generator_lib
from tests import dubbing, fakes, narrow, tiny_runs, videos

pytestmark = pytest.mark.usefixtures('quick_compilation')


def test_a_converted_generator_dubs_in_its_colours(tmp_path):
  """A generator that only draws blue: PyTorch's first channel."""
  given = narrow.state_dict('generator')
  given['output_block.1.weight'][:] = 0
  given['output_block.1.bias'][:] = (9, -9, -9)
  conversion.save(tmp_path / 'run', conversion.from_torch(given))
  generator = generator_lib.load(str(tmp_path / 'run'), batch_size=2)
  assert generator.image_size == 48 and generator.reference_alignment
  lipsync_jax.dub(
    videos.write(tmp_path / 'in.mp4', [dubbing.picture()] * 4),
    videos.write_wav(tmp_path / 'in.wav', np.zeros(2560, np.float32)),
    tmp_path / 'out.mp4',
    generator=generator,
    detector=fakes.FakeDetector(),
    batch_size=2,
  )
  shown = [frame for _, frame in media.read_frames(tmp_path / 'out.mp4')]
  red, green, blue = shown[0][58:66, 40:56].mean((0, 1))
  assert blue > 200 and red < 60 and green < 60


def test_training_goes_on_from_converted_networks(tmp_path, talkers):
  runs = {name: str(tmp_path / name) for name in ('generator', 'expert')}
  given = {
    name: conversion.from_torch(narrow.state_dict(name)) for name in runs
  }
  for name, run in runs.items():
    conversion.save(run, given[name], licence=f'that of the {name}')
  config = tiny_runs.tiny('wav2lip', talkers, expert=runs['expert'])
  with config.unlocked():
    config.pretrained.generator = runs['generator']
    config.data.reference_alignment = True
    config.optimizer.generator.learning_rate = 0.0
    config.loss.sync_gate = float('inf')
  state = train.train_and_evaluate(config, str(tmp_path / 'run'))
  # Nothing is learnt at rate 0, so what was taken over is still there.
  for name in runs:
    jax.tree.map(
      np.testing.assert_array_equal,
      jax.device_get(state.params[name]),
      given[name].variables['params'],
    )
  _, description = checkpoint.load_network(tmp_path / 'run', 'generator')
  assert description['reference_alignment']
  assert sorted(description['data']['licences']) == [
    'none',
    'that of the expert',
    'that of the generator',
  ]
  rows = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')
  assert all(row['train/sync'] > 0 for row in rows if 'train/sync' in row)
  # The original's loss, to which the converted expert was trained.
  assert family.build(config).task.sync_loss == 'cosine_bce'


def test_an_expert_trains_on(tmp_path, talkers):
  given = conversion.from_torch(narrow.state_dict('expert'))
  conversion.save(tmp_path / 'official', given)
  config = tiny_runs.tiny('expert:reference', talkers)
  with config.unlocked():
    config.pretrained.expert = str(tmp_path / 'official')
  state = train.train_and_evaluate(config, str(tmp_path / 'run'))
  moved = jax.tree.map(
    lambda a, b: float(np.abs(a - b).max()),
    jax.device_get(state.params['expert']),
    given.variables['params'],
  )
  # Two steps of 1e-4 from where it was, and not from anywhere else.
  assert 0 < max(jax.tree.leaves(moved)) < 1e-3
