"""Runs on damaged data: they go on, and say so; or stop in one line."""

import os
import subprocess
import sys

import damage
import pytest
import tiny_runs

from lipsync_jax import metric_writer, train

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.fixture
def data(tmp_path):
  """Clips of 20 frames: a damaged one of four, and one of three."""
  for split, count in (('train', 4), ('validation', 3)):
    chunks = [tiny_runs.make_chunk(k // 2, k) for k in range(count)]
    damage.flip(damage.write(tmp_path / 'data', chunks, split), 1)
  return tmp_path / 'data'


@pytest.fixture(autouse=True)
def folder(tmp_path):
  (tmp_path / 'data').mkdir()


def test_a_run_goes_on_and_counts(data, tmp_path, caplog):
  caplog.set_level('INFO')
  config = tiny_runs.tiny('expert', data, image_size=24, num_devices=1)
  train.train_and_evaluate(config, str(tmp_path / 'run'))
  rows = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')
  assert [r['data/damaged_records'] for r in rows if 'train/loss' in r] == [
    2,
    2,
  ]
  # Replaced in training, left out of validation.
  assert '4 training chunks, 2 validation chunks.' in caplog.messages
  told = [m for m in caplog.messages if 'is damaged' in m]
  assert len(told) == 2
  assert any('-train.' in m for m in told)
  assert any('-validation.tfrecord-00000-of-00001, byte' in m for m in told)


def test_a_whole_data_set_is_not_spoken_of(talkers, tmp_path):
  config = tiny_runs.tiny('expert', talkers, image_size=24, num_devices=1)
  train.train_and_evaluate(config, str(tmp_path / 'run'))
  rows = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')
  assert not any('data/damaged_records' in row for row in rows)


def test_too_many_are_one_line_and_no_traceback(data, tmp_path):
  command = [
    *(sys.executable, '-m', 'lipsync_jax.main', '--config=configs/expert.py'),
    *(f'--workdir={tmp_path / "run"}', f'--config.data.directory={data}'),
    '--config.data.max_damaged=0',
  ]
  done = subprocess.run(
    command,
    capture_output=True,
    text=True,
    env={**os.environ, 'JAX_PLATFORMS': 'cpu'},
  )
  assert done.returncode == 1
  last = done.stderr.strip().splitlines()[-1]
  assert last.startswith('error: 1 record is damaged, more than the 0')
  assert 'Traceback' not in done.stderr
