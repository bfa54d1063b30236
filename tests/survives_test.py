"""Runs that are killed, stopped and cut off leave no trace in their curves.

Real processes of lipsync_jax.main, compared with one that nothing happened to.
"""

import contextlib
import json
import os
import random
import signal
import subprocess

import lives
import numpy as np
import pytest


@pytest.fixture(scope='module')
def quiet_life(talkers, tmp_path_factory):
  """A run that nobody disturbed."""
  life = lives.Life(tmp_path_factory.mktemp('quiet') / 'run', talkers)
  life.finish()
  return life


@pytest.fixture
def life(talkers, tmp_path):
  return lives.Life(tmp_path / 'run', talkers)


def run_file(life):
  return json.loads((life.folder / 'run.json').read_text())


def test_kills_at_any_moment(life, quiet_life):
  moment = random.SystemRandom().randrange(2, lives.STEPS - 2)
  print(f'killed once step {moment} was logged')
  life.start()
  life.until(lambda: life.logged(moment))
  life.kill()
  assert run_file(life)['state'] == 'running'
  lives_before = len(life.checkpoints())

  life.start()
  life.until(lambda: len(unfinished(life)) > 0)
  life.kill()  # within a save
  assert len(life.checkpoints()) >= lives_before

  life.finish()
  assert run_file(life) | {'state': 'finished', 'step': lives.STEPS} == (
    run_file(life)
  )
  lives.assert_same(life, quiet_life)
  assert not unfinished(life)


def unfinished(life):
  return list((life.folder / 'checkpoints').glob('*tmp*'))


def test_a_signal_saves_and_says_so(life, quiet_life):
  life.start()
  life.until(lambda: life.logged(12))
  code, output = life.end(signal.SIGTERM)
  assert code == 143
  about = run_file(life)
  assert about['state'] == 'stopped'
  step = about['step']
  assert f'Stopped at step {step}, saved.' in output.splitlines()[-1]
  assert 'Traceback' not in output
  assert step >= 12 and life.checkpoints()[-1].name == f'{step:08d}'
  assert f'Resuming from step {step}.' in life.finish()
  lives.assert_same(life, quiet_life)


def test_ctrl_c_within_an_evaluation(life, quiet_life):
  life.start()
  # The first evaluation compiles: it takes seconds.
  life.until(lambda: life.logged(lives.EVERY))
  code, _ = life.end(signal.SIGINT)
  assert code == 130
  assert run_file(life)['step'] == lives.EVERY
  assert not any('val/loss' in row for row in life.rows())
  life.finish()  # evaluates first
  lives.assert_same(life, quiet_life)


def test_a_power_cut_costs_one_checkpoint(life, quiet_life):
  """How else files may be harmed: checkpoint_damage_test."""
  life.start()
  life.until(lambda: life.logged(26))
  life.end(signal.SIGTERM)
  newest, before = life.checkpoints()[-1], life.checkpoints()[-2]
  files = [p for p in (newest / 'state').rglob('*') if p.is_file()]
  largest = max(files, key=lambda path: path.stat().st_size)
  os.truncate(largest, largest.stat().st_size // 2)
  output = life.finish()
  assert f'Damaged, moved to {life.folder / "damaged"}' in output
  assert f'checkpoint {int(newest.name)} (' in output
  assert f'Resuming from step {int(before.name)}.' in output
  assert (life.folder / 'damaged' / newest.name).is_dir()
  lives.assert_same(life, quiet_life)


def test_a_full_disk(life, quiet_life, small_disk):
  life.folder = small_disk('size=9m') / 'run'
  life.start()
  life.until(lambda: len(life.checkpoints()) == 1)
  filler = life.folder.parent / 'filler'
  with contextlib.suppress(OSError), filler.open('wb', buffering=0) as file:
    while True:
      file.write(bytes(4096))
  code, output = life.end()
  assert code == 1
  assert 'No space left on device' in output.splitlines()[-1]
  assert life.checkpoints()
  filler.unlink()
  life.finish()
  lives.assert_same(life, quiet_life)


def test_a_folder_that_may_not_be_written(life, small_disk):
  life.folder = small_disk('ro') / 'run'
  life.start()
  code, output = life.end()
  assert code == 1
  assert 'Read-only file system' in output.splitlines()[-1]


def test_a_second_run_is_refused(life, quiet_life):
  life.start()
  life.until(lambda: life.logged(2))
  life.send(signal.SIGSTOP)  # so that it is there for as long as it takes
  second = life.launch()
  assert second.popen.wait(200) == 1
  assert 'is in use by another run (process' in second.said.splitlines()[-1]
  life.send(signal.SIGCONT)
  code, output = life.end()
  assert code == 0, output
  lives.assert_same(life, quiet_life)


def test_another_number_of_devices(life, quiet_life):
  life.start()
  life.until(lambda: life.logged(12))
  life.end(signal.SIGTERM)
  life.finish(devices=2)
  for ours, theirs in zip(life.rows(), quiet_life.rows(), strict=True):
    assert ours.keys() == theirs.keys()
    for name in ('step', 'train/loss', 'val/loss'):
      if name in ours:
        # Sums over two devices differ in the last digits, and Adam makes more
        # of gradients that are almost nothing.
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-2)


@pytest.fixture
def small_disk(tmp_path):
  """Mounts a disk of its own; once more with 'remount,...' to change it."""
  folder = tmp_path / 'disk'
  folder.mkdir()
  mounted = []

  def mount(options):
    words = ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', f'{folder}']
    try:
      subprocess.run(words, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
      pytest.skip('this user cannot mount a small disk')
    mounted[:] = [folder]
    return folder

  yield mount
  for each in mounted:
    subprocess.run(['umount', f'{each}'], check=True)
