"""An expert that learns nothing: the run says so, and so does the command."""

import json
import math

import numpy as np
import pytest
import tiny_runs

from lipsync_jax import metric_writer, train
from lipsync_jax.training import diagnosis
from tools import diagnose

pytestmark = pytest.mark.usefixtures('quick_compilation')


def alarms(losses, *, after=1000, every=100):
  """The steps at which a run with these losses raises the alarm."""
  plateau = diagnosis.Plateau(after=after)
  steps = [every * (k + 1) for k in range(len(losses))]
  return [
    step
    for step, loss in zip(steps, losses, strict=True)
    if plateau.is_stuck(step, {'train/loss': loss, 'train/chance': math.log(2)})
  ]


def test_the_alarm_is_raised_once_after_so_many_steps():
  assert alarms([0.7] * 40) == [1000]
  assert alarms([0.7] * 40, after=0) == []


def test_who_learns_gives_no_alarm():
  assert alarms([0.7] * 5 + [0.6] * 35) == []
  assert alarms(np.linspace(0.7, 0.3, 40).tolist()) == []


def test_who_learns_no_more_from_the_start_is_told_later():
  losses = [0.6] * 20 + [0.69] * 20
  assert alarms(losses) == [2400]  # four of the last five rows


def test_the_mean_counts_and_rows_without_numbers_do_not():
  assert alarms([0.69, 0.8] * 20) == [1000]
  plateau = diagnosis.Plateau(after=100)
  assert not any(
    plateau.is_stuck(step, row)
    for step in range(0, 1000, 10)
    for row in ({'train/loss': 1.0}, {'train/chance': 1.0})
  )


@pytest.fixture(scope='module')
def stuck(talkers, tmp_path_factory):
  """A run whose rate is nothing, and what it told."""
  workdir = tmp_path_factory.mktemp('stuck')
  config = tiny_runs.tiny(
    'expert',
    talkers,
    image_size=24,
    num_devices=1,
    num_steps=8,
    eval_every=8,
    stuck_after=6,
  )
  config.optimizer.expert.learning_rate = 0.0
  told = []
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(
      diagnosis.alarm._LOG, 'warning', lambda message: told.append(message)
    )
    state = train.train_and_evaluate(config, str(workdir))
  assert int(state.step) == 8
  return workdir, told


def test_a_run_says_that_it_is_stuck_and_goes_on(stuck):
  workdir, told = stuck
  (message,) = told
  assert message.startswith('The expert is stuck. It has learnt nothing: ')
  assert 'The learning rate is 0' in message
  assert message.endswith(f'python -m tools.diagnose --workdir {workdir}')
  rows = metric_writer.read(workdir / 'metrics.jsonl')
  chance = [row['train/chance'] for row in rows if 'train/chance' in row]
  # Of 16 windows, those that are two frames apart or more compete.
  assert len(chance) == 8
  assert all(math.log(8) < value < math.log(16) for value in chance)


def test_an_alarm_that_fails_ends_nothing(caplog):
  diagnosis.raise_alarm('run', None, None, None)
  assert 'A short diagnosis failed' in caplog.text
  assert 'tools.diagnose --workdir run' in caplog.text


def run(*words):
  return diagnose.main([str(word) for word in words])


def test_the_command(stuck, talkers, tmp_path, capsys):
  workdir, _ = stuck
  plot = tmp_path / 'diagnosis.png'
  assert run('--workdir', workdir, '--batches', 1, '--plot', plot) == 0
  told = capsys.readouterr().out
  assert 'It has learnt nothing' in told
  assert ' 1. ' in told and '    -> ' in told
  for title in ('Curve', 'Offsets', 'Pairs', 'Batch', 'Network', 'Records'):
    assert f'\n{title}' in told
  assert plot.read_bytes().startswith(b'\x89PNG')
  assert run('--workdir', workdir, '--batches', 1, '--json') == 0
  found = json.loads(capsys.readouterr().out)
  assert 'rate' in [finding['name'] for finding in found['findings']]
  assert found['facts']['records']['speakers'] == 2


def test_what_is_no_run_is_refused_in_a_line(stuck, tmp_path, capsys):
  workdir, _ = stuck
  assert run('--workdir', tmp_path) == 2
  assert 'holds no config.json' in capsys.readouterr().err
  assert run('--workdir', workdir, '--data', tmp_path) == 2
  said = capsys.readouterr().err
  assert said.startswith('error: ') and 'tools.prepare' in said
  with pytest.raises(SystemExit) as done:
    run('--workdir', workdir, '--batches', 0)
  assert done.value.code == 2
