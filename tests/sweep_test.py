"""Sweeps run on this machine: told, stopped, gone on with, ordered."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import yaml

from lipsync_jax import metric_writer
from tools import sweep as tool

ROOT = pathlib.Path(__file__).parents[1]

# Writes what a run writes: the metric is the distance of x from 3.
STAND_IN = """\
import argparse, json, os, pathlib, sys, time
parser = argparse.ArgumentParser()
parser.add_argument('--x', type=float)
parser.add_argument('--why', default='')
parser.add_argument('--workdir', type=pathlib.Path)
options = parser.parse_args()
with (options.workdir / 'calls').open('a') as calls:
  calls.write('x')
(options.workdir / 'pid').write_text(str(os.getpid()))
if options.x == 2 and options.why == 'wait':
  print('waiting', flush=True)
  time.sleep(100)
if options.x == 2 and options.why == 'fail':
  print('error: no good x')
  sys.exit(1)
with (options.workdir / 'metrics.jsonl').open('w') as file:
  for step, extra in ((10, 1), (20, 0), (30, 2)):
    row = {'step': step, 'val/loss': abs(options.x - 3) + extra}
    file.write(json.dumps(row) + '\\n')
"""


@pytest.fixture
def stand_in(tmp_path):
  """A sweep file over x = 1..4 of the stand-in, and the output's folder."""
  program = tmp_path / 'program.py'
  program.write_text(STAND_IN)
  path = tmp_path / 'sweep.yaml'
  path.write_text(
    yaml.safe_dump(
      {
        'program': str(program),
        'method': 'grid',
        'metric': {'name': 'val/loss', 'goal': 'minimize'},
        'parameters': {'x': {'values': [1, 2, 3, 4]}},
      }
    )
  )
  return path, tmp_path / 'out'


def results(output):
  text = (output / 'results.jsonl').read_text()
  return [json.loads(line) for line in text.splitlines()]


def calls(output):
  """How often each trial was begun."""
  return [len(path.read_text()) for path in sorted(output.glob('*/calls'))]


@pytest.mark.parametrize(
  'change, said',
  [
    ({'method': 'hyper'}, "method is 'hyper': choose of grid, random, bayes"),
    ({'metric': None}, 'metric is missing'),
    ({'metric': {'name': 'a', 'goal': 'max'}}, "goal is 'max'"),
    ({'parameters': {'x': {'min': 0.0, 'max': 1.0}}}, '--method random'),
    ({'command': 'python'}, 'command is no list'),
  ],
)
def test_a_wrong_file_is_one_line_and_writes_nothing(
  change, said, stand_in, capsys
):
  path, output = stand_in
  path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
  assert tool.main([str(path), '--output', str(output)]) == 1
  error = capsys.readouterr().err
  assert error.startswith('error: ') and said in error
  assert error.count('\n') == 1 and not output.exists()


def test_a_missing_or_broken_file_is_one_line(tmp_path, capsys):
  (tmp_path / 'bad.yaml').write_text('a: [1')
  for name in ('none.yaml', 'bad.yaml'):
    words = [str(tmp_path / name), '--output', str(tmp_path / 'out')]
    assert tool.main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1


def test_a_grid_runs_and_is_ordered(stand_in, capsys):
  path, output = stand_in
  assert tool.main([str(path), '--output', str(output), '--jobs', '2']) == 0
  lines = capsys.readouterr().out.splitlines()
  table = lines[-6:-1]
  assert table[0].split() == ['trial', 'state', 'val/loss', 'at', 'step', 'x']
  # Equal ones in their order; the best step of each, not the last.
  assert [row.split() for row in table[1:]] == [
    ['0002', 'finished', '0', '20', '3'],
    ['0001', 'finished', '1', '20', '2'],
    ['0003', 'finished', '1', '20', '4'],
    ['0000', 'finished', '2', '20', '1'],
  ]
  about = json.loads((output / '0002' / 'trial.json').read_text())
  assert about['parameters'] == {'x': 3} and about['metric'] == 0
  assert [row['parameters']['x'] for row in results(output)] == [1, 2, 3, 4]
  # Again: everything is known. More of them: only the new ones run.
  assert tool.main([str(path), '--output', str(output)]) == 0
  assert calls(output) == [1, 1, 1, 1]


def test_a_failed_trial_is_told_and_stops_nothing(stand_in, capsys):
  path, output = stand_in
  words = [str(path), '--output', str(output)]
  assert tool.main([*words, '--', '--why=fail']) == 1
  out = capsys.readouterr().out
  assert 'trial 0001 failed: no good x (see ' in out
  rows = results(output)
  assert [row['state'] for row in rows] == [
    *('finished', 'failed', 'finished', 'finished')
  ]
  assert rows[1]['exit_code'] == 1 and rows[1]['metric'] is None
  assert out.splitlines()[-2].split()[:3] == ['0001', 'failed', '-']
  assert tool.main([*words, '--', '--why=fail']) == 1
  assert calls(output) == [1, 1, 1, 1]
  assert tool.main([*words, '--retry', '--', '--why=fail']) == 1
  assert calls(output) == [1, 2, 1, 1]


def test_words_that_win_over_the_file_are_told(stand_in, capsys):
  path, output = stand_in
  assert tool.main([str(path), '--output', str(output), '--', '--x=3']) == 0
  out = capsys.readouterr().out
  assert out.startswith('x: what follows -- wins over the file.\n')
  assert [row['metric'] for row in results(output)] == [0, 0, 0, 0]


def test_another_sweep_is_refused(stand_in, capsys):
  path, output = stand_in
  words = [str(path), '--output', str(output), '--method', 'random']
  assert tool.main([*words, '--count', '1']) == 0
  # More trials are the same sweep.
  assert tool.main([*words, '--count', '2']) == 0
  assert calls(output) == [1, 1]
  capsys.readouterr()
  assert tool.main([*words, '--count', '2', '--seed', '1']) == 1
  assert 'another sweep: seed differ' in capsys.readouterr().err


def test_seeded_and_each_trial_for_itself(stand_in):
  path, output = stand_in
  found = []
  for name, seed, count in (('a', 0, 3), ('b', 0, 5), ('c', 1, 3)):
    folder = output.parent / name
    words = [str(path), '--output', str(folder), '--method', 'random']
    words += ['--count', str(count), '--seed', str(seed)]
    text = path.read_text()
    about = yaml.safe_load(text) | {'parameters': {'x': {'min': 0.5, 'max': 9}}}
    path.write_text(yaml.safe_dump(about))
    assert tool.main(words) == 0
    found.append([row['parameters']['x'] for row in results(folder)])
  assert found[0] == found[1][:3] and len(set(found[1])) == 5
  assert not set(found[0]) & set(found[2])


def begin(path, output):
  """A sweep as a process, at the trial that waits."""
  log = output / '0001' / 'log.txt'
  before = log.read_text().count('waiting') if log.exists() else 0
  process = subprocess.Popen(
    [sys.executable, '-m', 'tools.sweep', str(path), '--output', str(output)]
    + ['--', '--why=wait'],
    cwd=ROOT,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
  )
  for _ in range(600):
    if log.exists() and log.read_text().count('waiting') > before:
      return process
    time.sleep(0.1)
  raise AssertionError('The trial was not begun.')


def test_a_stopped_sweep_stops_its_trials_and_goes_on(stand_in):
  path, output = stand_in
  process = begin(path, output)
  process.terminate()
  assert process.wait(60) == 130
  assert [row['state'] for row in results(output)] == [
    *('finished', 'stopped', '', '')
  ]
  process = begin(path, output)
  process.terminate()
  process.wait(60)
  assert calls(output) == [1, 2]


def test_a_killed_sweep_leaves_no_trial_to_a_second_one(stand_in, capsys):
  path, output = stand_in
  process = begin(path, output)
  process.kill()
  process.wait(60)
  words = [str(path), '--output', str(output), '--', '--why=wait']
  assert tool.main(words) == 1
  assert 'is in use' in capsys.readouterr().err
  trial = int((output / '0001' / 'pid').read_text())
  os.kill(trial, signal.SIGKILL)
  for _ in range(600):
    try:
      os.kill(trial, 0)
    except ProcessLookupError:
      break
    time.sleep(0.1)
  process = begin(path, output)
  process.terminate()
  assert process.wait(60) == 130
  assert calls(output) == [1, 2]


def test_an_expert_as_in_our_file(talkers, tmp_path, capsys):
  """The real command. Its metric is one that validation writes."""
  words = ['configs/sweeps/expert.yaml', '--output', str(tmp_path / 'out')]
  tiny = {
    'data.directory': talkers,
    'data.num_threads': 1,
    'image_size': 24,
    'networks.expert.width': 2,
    'num_steps': 2,
    'batch_size': 4,
    'eval_batches': 1,
  }
  more = [f'--config.{name}={value}' for name, value in tiny.items()]
  environment = os.environ | {
    'JAX_PLATFORMS': 'cpu',
    'JAX_DISABLE_MOST_OPTIMIZATIONS': '1',
  }
  subprocess.run(
    [sys.executable, '-m', 'tools.sweep', *words, '--count', '1', '--', *more],
    cwd=ROOT,
    env=environment,
    check=True,
  )
  (trial,) = results(tmp_path / 'out')
  assert trial['state'] == 'finished' and trial['step'] == 2
  rows = metric_writer.read(tmp_path / 'out' / '0000' / 'metrics.jsonl')
  assert rows[-1]['val/offset_accuracy_5'] == trial['metric']
  config = json.loads((tmp_path / 'out' / '0000' / 'config.json').read_text())
  rate = trial['parameters']['config.optimizer.expert.learning_rate']
  assert config['optimizer']['expert']['learning_rate'] == rate
  assert config['wandb']['mode'] == 'disabled'
