"""Short trainings that really learn, on people drawn as tight as prepared."""

import dataclasses

import numpy as np
import tiny_runs

from input_pipeline import augment, shards
from lipsync_jax import metric_writer, train

# Left, top, side: the mouth is 0.61 of the side from the top.
_SQUARE = (72, 109, 112)


def write_people(folder) -> None:
  """A clip each of twenty people to learn from and of five to judge by."""
  writers = []
  for split, found in (('train', range(20)), ('validation', range(20, 25))):
    with shards.ShardWriter(folder, 'talkers', split) as writer:
      for person in found:
        writer.write(tiny_runs.make_chunk(person, person, 40, square=_SQUARE))
    writers.append(writer)
  shards.write_metadata(folder, writers, description='', metadata={})


def make_config(name, data, *, steps, rate, expert=None, image_size=24):
  """A config of the project: narrow, small, unaugmented and short."""
  config = tiny_runs.tiny(name, data, expert, image_size=image_size)
  with config.unlocked():
    config.num_steps = config.eval_every = steps
    config.batch_size = 8
    config.ema.decay = 0.8  # of few steps
    config.data.augmentation = dataclasses.asdict(augment.NONE)
    config.data.windows_per_clip = 8
    config.data.other_clip = 0.0
    for network in config.networks.values():
      network.width = 8
    for options in config.optimizer.values():
      options.learning_rate, options.warmup_steps = rate, 5
  return config


def learn(config, folder):
  """Trains; returns the metrics of every step and the last validation."""
  train.train_and_evaluate(config.lock(), str(folder))
  rows = metric_writer.read(folder / 'metrics.jsonl')
  steps = [row for row in rows if 'train/loss' in row]
  assert all(np.isfinite(list(row.values())).all() for row in rows)
  return steps, {k[4:]: v for k, v in rows[-1].items() if k[:4] == 'val/'}


def fall(steps, name='loss'):
  """The last of a training metric by the first, five steps each."""
  values = [row[f'train/{name}'] for row in steps]
  return np.mean(values[-5:]) / np.mean(values[:5])
