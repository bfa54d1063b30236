"""Every family learns: losses fall, experts hear people they never saw.

The configs are those of the project, with narrow networks, small pictures, few
steps and no augmentation. Chance of an accuracy is one window in eight.
"""

import dataclasses

import numpy as np
import pytest
import tiny_runs

from input_pipeline import augment, shards
from lipsync_jax import metric_writer, train

# As tight as tools.prepare cuts: the mouth is 0.61 of the side from the top.
SQUARE = (72, 109, 112)


@pytest.fixture(scope='module')
def people(tmp_path_factory):
  """A clip each of twenty people to learn from and of five to judge by."""
  folder = tmp_path_factory.mktemp('people')
  writers = []
  for split, found in (('train', range(20)), ('validation', range(20, 25))):
    with shards.ShardWriter(folder, 'talkers', split) as writer:
      for person in found:
        chunk = tiny_runs.make_chunk(person, person, 40, square=SQUARE)
        writer.write(chunk)
    writers.append(writer)
  shards.write_metadata(folder, writers, description='', metadata={})
  return folder


@pytest.fixture(scope='module')
def teacher(people, tmp_path_factory):
  """An expert for the generators to listen to."""
  folder = tmp_path_factory.mktemp('teacher')
  learn(expert_config('expert', people, num_steps=2), folder)
  return folder


def make_config(name, data, **overrides):
  config = tiny_runs.tiny(name, data, **overrides)
  with config.unlocked():
    for network in config.networks.values():
      network.width = 8
    config.data.augmentation = dataclasses.asdict(augment.NONE)
    config.eval_every = config.num_steps
    for optimizer in config.optimizer.values():
      optimizer.warmup_steps = 5
  return config


def expert_config(name, data, num_steps, **overrides):
  config = make_config(
    name, data, image_size=24, batch_size=8, num_steps=num_steps, **overrides
  )
  config.data.windows_per_clip = 8
  config.data.other_clip = 0.0
  return config


def learn(config, folder):
  """Trains; returns the training losses and the last validation."""
  train.train_and_evaluate(config, str(folder))
  rows = metric_writer.read(folder / 'metrics.jsonl')
  losses = [row['train/loss'] for row in rows if 'train/loss' in row]
  return losses, {k: v for k, v in rows[-1].items() if k.startswith('val/')}


@pytest.mark.parametrize(
  ('name', 'steps', 'rate', 'size'),
  [
    ('expert', 120, 3e-3, 24),
    ('lstm_cbam', 120, 3e-3, 24),
    ('syncnet', 120, 3e-3, 64),
    ('syncnet:paper', 120, 3e-3, 64),
  ],
)
def test_experts_hear_people_they_never_saw(
  name, steps, rate, size, people, tmp_path
):
  config = expert_config(name, people, num_steps=steps)
  config.image_size = size
  config.optimizer.expert.learning_rate = rate
  losses, found = learn(config, tmp_path)
  print(name, losses[:5], losses[-5:], found)
  assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
