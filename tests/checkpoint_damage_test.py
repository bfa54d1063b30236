"""Checkpoints that are not as they were written, seen by who reads them."""

import os

import numpy as np
import pytest
from checkpoint_test import make_state

from lipsync_jax import checkpoint
from lipsync_jax.checkpoint import checksums, folders


@pytest.fixture
def run(tmp_path):
  """A run whose second step is both newest and best."""
  saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1')
  for step, l1 in ((1, 3.0), (2, 1.0)):
    saver.save(step, make_state(float(step), step), {'l1': l1})
  saver.close()
  return tmp_path


def step_folder(run, step):
  return run / 'checkpoints' / f'{step:08d}'


def empty_all_files(folder):
  for path in folder.rglob('*'):
    if path.is_file():
      os.truncate(path, 0)


def test_checksums_are_there_and_tell_a_changed_byte(run):
  folder = step_folder(run, 2)
  assert checksums.noted(folder) and not checksums.damage(folder)
  path = folder / 'description' / 'metadata'
  data = bytearray(path.read_bytes())
  data[3] ^= 1
  path.write_bytes(data)
  assert checksums.damage(folder) == (
    'the checksum of description/metadata differs'
  )
  path.write_bytes(data[:-1])
  assert 'has' in checksums.damage(folder)
  path.unlink()
  assert checksums.damage(folder) == 'description/metadata is missing'


def test_reading_a_damaged_one_is_one_clear_error(run):
  empty_all_files(step_folder(run, 2) / 'state')
  with pytest.raises(checkpoint.CheckpointError, match='step 2 .*again'):
    checkpoint.load_network(run, 'generator')


def test_what_a_run_says_of_itself_is_read_from_the_one_before(run):
  empty_all_files(step_folder(run, 2) / 'description')
  with pytest.raises(checkpoint.CheckpointError, match='step 2 .*again'):
    checkpoint.describe(run)  # whose best one that is
  empty_all_files(step_folder(run, 1))
  with pytest.raises(checkpoint.CheckpointError, match='again'):
    checkpoint.describe(run)


@pytest.mark.parametrize(
  'harmed, noted',
  [
    ('state', True),
    ('description', True),
    ('metrics', True),
    ('', True),
    # What older versions wrote is not looked at so closely.
    ('state', False),
  ],
)
def test_resuming_goes_back_by_one(run, harmed, noted, caplog):
  folder = step_folder(run, 2)
  empty_all_files(folder / harmed)
  if not noted:
    (folder / 'checksums.json').unlink()
  saver = checkpoint.Checkpointer(run, {}, best_metric='l1')
  state = saver.restore(make_state(0.0))
  assert int(state.step) == 1
  np.testing.assert_array_equal(state.params['generator']['w'], np.ones(3))
  assert 'checkpoint 2 (' in caplog.text
  saver.save(2, make_state(2.0, 2), {'l1': 1.0})
  saver.close()
  assert step_folder(run, 2).is_dir()
  assert (run / 'damaged' / '00000002').is_dir()


def test_when_nothing_is_whole_nothing_is_moved(run):
  for step in (1, 2):
    empty_all_files(step_folder(run, step) / 'state')
  with pytest.raises(checkpoint.CheckpointError, match='is whole: 2 .*; 1 '):
    checkpoint.Checkpointer(run, {}, best_metric='l1')
  assert step_folder(run, 1).is_dir() and step_folder(run, 2).is_dir()


def test_a_step_saved_in_haste_is_saved_again_with_its_metrics(tmp_path):
  for metrics, evaluated in ((None, False), ({'l1': 0.5}, True)):
    saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1')
    saver.save(1, make_state(1.0, 1), metrics)
    saver.close()
    saver = checkpoint.Checkpointer(tmp_path, {}, best_metric='l1')
    assert saver.evaluated(1) == evaluated
    saver.close()
  assert checkpoint.describe(tmp_path)['step'] == 1


def test_a_step_that_was_put_away_comes_back(run):
  """The process died before the step was saved anew."""
  folders.make_room(run / 'checkpoints', 2)
  assert not step_folder(run, 2).exists()
  saver = checkpoint.Checkpointer(run, {}, best_metric='l1')
  assert int(saver.restore(make_state(0.0)).step) == 2
  saver.close()


def test_an_old_step_whose_metrics_are_damaged_stops_nobody(run, caplog):
  empty_all_files(step_folder(run, 1) / 'metrics')
  saver = checkpoint.Checkpointer(run, {}, best_metric='l1')
  assert int(saver.restore(make_state(0.0)).step) == 2
  saver.close()
  assert 'checkpoint 1 (' in caplog.text
