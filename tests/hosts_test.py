"""Two processes train as one does, and end together."""

import shutil
import signal

import jax
import mini_networks
import noted_main
import numpy as np
import processes
import pytest

from input_pipeline import dataset
from lipsync_jax import checkpoint, metric_writer, train

pytestmark = pytest.mark.usefixtures('quick_compilation')

STEPS, EVERY = 24, 4


@pytest.fixture(scope='module')
def config(talkers, tmp_path_factory):
  """Of a generator that listens to an expert from the first evaluation on."""
  workdir = tmp_path_factory.mktemp('expert')
  train.train_and_evaluate(mini_networks.tiny('expert', talkers), str(workdir))
  config = mini_networks.tiny(
    'wav2lip', talkers, workdir, num_steps=STEPS, eval_every=EVERY
  )
  config.loss.sync_gate = 100.0
  return config


@pytest.fixture(scope='module')
def one(config, tmp_path_factory):
  """One process with four devices: workdir, final state, batches."""
  return _in_process(config, tmp_path_factory.mktemp('one'))


@pytest.fixture(scope='module')
def stopped(config, tmp_path_factory):
  """Two processes of two devices; one got SIGTERM after an evaluation."""
  folder = tmp_path_factory.mktemp('stopped')
  with processes.train(
    config,
    folder / 'run',
    count=2,
    devices=2,
    note=str(folder / 'batches'),
    slow=[0, 0.3],  # or all would be done before the signal is
  ) as run:
    run[0].wait_for(f'step {EVERY + 2}  train')
    run[1].signal(signal.SIGTERM)
    codes = run.finish()
  said = [process.said for process in run]
  return folder / 'run', codes, said, noted_main.read(folder / 'batches', 2)


def test_two_processes_train_as_one(one, stopped):
  workdir, _, said, batches = stopped
  done = max(batches)
  assert EVERY <= done < STEPS, said
  assert batches == {k: one[2][k] for k in batches}
  rows, expected = (_rows(folder, done) for folder in (workdir, one[0]))
  assert [row['step'] for row in rows] == [row['step'] for row in expected]
  assert any('val/sync_confidence' in row for row in rows)
  assert rows[-1]['train/sync'] and len(batches[0]) == 4
  _assert_close(rows, expected)


def test_one_host_writes(one, stopped):
  workdir, _, said, batches = stopped
  steps = [
    row['step']
    for row in metric_writer.read(workdir / 'metrics.jsonl')
    if 'train/loss' in row
  ]
  # Two writers would leave every row twice.
  assert steps == list(range(1, len(steps) + 1))
  names = {path.name for path in workdir.iterdir()}
  assert names <= {path.name for path in one[0].iterdir()}, names
  assert 'training chunks' in said[0] and 'training chunks' not in said[1]
  assert 'step 2' in said[0] and 'step 2' not in said[1]


def test_a_checkpoint_is_written_once(one, stopped):
  sizes = []
  for workdir in (stopped[0], one[0]):
    step = workdir / 'checkpoints' / f'{EVERY:08d}'
    newest = max((workdir / 'checkpoints').iterdir())
    folder = step if step.exists() else newest
    files = [*folder.glob('state/d/*'), *folder.glob('state/ocdbt*/d/*')]
    sizes.append(sum(path.stat().st_size for path in files))
  # Each host writes its part: whole copies would be twice as much.
  assert sizes[0] < 1.5 * sizes[1], sizes
  network, about = checkpoint.load_network(stopped[0], 'generator')
  assert np.isfinite(jax.tree.leaves(network)[0]).all()
  assert about['step'] >= EVERY


def test_sigterm_of_one_stops_all_at_the_same_step(stopped):
  workdir, codes, said, batches = stopped
  assert codes == [143, 143], said
  newest = max(int(p.name) for p in (workdir / 'checkpoints').iterdir())
  assert newest == max(batches) + 1


def test_resumed_on_one_device(config, one, stopped, tmp_path):
  shutil.copytree(stopped[0], tmp_path / 'run')
  config = config.copy_and_resolve_references()
  with config.unlocked():
    config.num_devices = 1
  _assert_same_end(one, _in_process(config, tmp_path / 'run'))


def test_resumed_by_two_processes_of_one_device(config, one, stopped, tmp_path):
  shutil.copytree(stopped[0], tmp_path / 'run')
  with processes.train(
    config,
    tmp_path / 'run',
    count=2,
    note=str(tmp_path / 'batches'),
    slow=[1, 0.3],
  ) as run:
    assert run.finish() == [0, 0], [process.said for process in run]
  batches = noted_main.read(tmp_path / 'batches', 2)
  _assert_same_end(one, (tmp_path / 'run', None, batches))
  assert 'Host 1 waits for its data' in run[0].said
  row = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')[-2]
  assert row['time/data_wait_share_most_host'] == 1
  most = row['time/data_wait_share_most']
  assert row['time/data_wait_share'] < most <= 1


def test_hosts_with_other_configs_are_refused(config, tmp_path):
  other = config.copy_and_resolve_references()
  with other.unlocked():
    other.batch_size, other.optimizer.generator.clip_norm = 8, 3.0
  with processes.train(
    config, tmp_path / 'run', count=2, configs=[config, other]
  ) as run:
    assert run.finish() == [1, 1]
  for process in run:
    assert 'error: The hosts do not agree: host 1:' in process.said
    assert 'host 1: batch_size is 8, host 0 has 4' in process.said
    assert 'host 1: optimizer.generator.clip_norm is 3.0' in process.said
    assert 'Traceback' not in process.said
  assert not (tmp_path / 'run').exists()


def _in_process(config, workdir):
  batches = {}
  made = dataset.make_dataset

  def kept(*args, start_step=0, **kwargs):
    batches_made = made(*args, start_step=start_step, **kwargs)
    for step, batch in enumerate(batches_made, start_step):
      batches[step] = noted_main.rows(batch)
      yield batch

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(dataset, 'make_dataset', kept)
    state = train.train_and_evaluate(config, str(workdir))
  return workdir, jax.device_get(state), batches


def _rows(workdir, last=STEPS):
  """What was measured until a step, without times."""
  return [
    {k: v for k, v in row.items() if not k.startswith('time/')}
    for row in metric_writer.read(workdir / 'metrics.jsonl')
    if row['step'] <= last
  ]


def _assert_close(rows, expected):
  for row, other in zip(rows, expected, strict=True):
    assert row.keys() == other.keys()
    for name, value in row.items():
      # The order of sums differs: float32, some steps on.
      assert value == pytest.approx(other[name], rel=1e-3, abs=1e-5), name


def _assert_same_end(one, run):
  workdir, state, batches = run
  assert max(batches) == STEPS - 1
  assert batches == {k: one[2][k] for k in batches}
  _assert_close(_rows(workdir), _rows(one[0]))
  ends = [checkpoint.load_network(w, 'generator')[0] for w in (workdir, one[0])]
  for a, b in zip(*map(jax.tree.leaves, ends), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
