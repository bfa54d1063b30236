"""A record with a nan in its sound: its steps are skipped and say its name."""

import dataclasses

import damage
import jax
import numpy as np
import pytest
import tiny_runs

from input_pipeline import dataset, shards
from lipsync_jax import metric_writer, train

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.fixture
def data(tmp_path):
  """Six clips of one person, the third of them poisoned; its sum is right."""
  chunks = [tiny_runs.make_chunk(0, k) for k in range(6)]
  chunks[2] = dataclasses.replace(
    chunks[2], mel=np.full_like(chunks[2].mel, np.nan)
  )
  folder = tmp_path / 'data'
  folder.mkdir()
  damage.write(folder, chunks, 'train')
  damage.write(folder, chunks[:1], 'validation')
  return folder


def test_its_steps_are_skipped_and_named(data, tmp_path, caplog):
  config = tiny_runs.tiny(
    'expert',
    data,
    image_size=24,
    num_devices=1,
    batch_size=2,
    num_steps=6,
    eval_every=6,
  )
  state = train.train_and_evaluate(config, str(tmp_path / 'run'))
  source = shards.load_split(data, 'train')
  named = [
    [n for _, n in dataset.batch_records(source, k, batch_size=2, seed=0)]
    for k in range(6)
  ]
  bad = [k for k, names in enumerate(named) if '0/2.mp4 @ 0' in names]
  assert len(bad) == 2  # epochs of three steps
  told = [m for m in caplog.messages if m.startswith('Skipped step')]
  assert len(told) == 2
  for k, message in zip(bad, told, strict=True):
    assert message.startswith(f'Skipped step {k + 1},')
    assert all(name in message for name in named[k])
  rows = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')
  skipped = [r['train/skipped_steps'] for r in rows if 'train/skipped' in r]
  assert skipped == [sum(k <= step for k in bad) for step in range(6)]
  assert int(state.step) == 6
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(state.params))
