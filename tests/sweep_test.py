"""Sweeps run here as W&B runs them: the same values, the same commands."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from lipsync_jax import config_flag
from lipsync_jax.sweeps import commands, description, parameters
from tools import sweep as tool

ROOT = pathlib.Path(__file__).parents[1]
FILES = sorted((ROOT / 'configs' / 'sweeps').glob('*.yaml'))

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


def agent_command(path, values, monkeypatch, folder):
  """What W&B's own agent runs of a sweep file."""
  from wandb import wandb_agent

  found = []

  def process(**options):
    found.append(options['command'])
    return type('Process', (), {})()

  monkeypatch.setattr(wandb_agent, 'AgentProcess', process)
  monkeypatch.setattr(wandb_agent.wandb, 'termlog', lambda text: None)
  monkeypatch.setenv('WANDB_RUN_ID', '')
  monkeypatch.setenv('WANDB_SWEEP_PARAM_PATH', '')
  monkeypatch.setenv('WANDB_DIR', str(folder))
  about = yaml.safe_load(path.read_text())
  agent = object.__new__(wandb_agent.Agent)
  vars(agent).update(
    _in_jupyter=False,
    _function=None,
    _forward_signals=False,
    _run_processes={},
    _sweep_command=about.get('command'),
  )
  agent._command_run(
    {
      'run_id': 'abc',
      'program': about['program'],
      'args': {name: {'value': value} for name, value in values.items()},
    }
  )
  return found[0]


AWKWARD = {
  'config.optimizer.expert.learning_rate': 1.5e-05,
  'config.ema.networks': ['generator'],
  'flag': True,
  'other': False,
  'words': 'two words',
  'nested': {'a': 1, 'b': {'c': 0.5}},
  'nothing': None,
}
FORMS = (
  *('args', 'args_no_hyphens', 'args_no_equals', 'args_no_boolean_flags'),
  *('args_append_hydra', 'args_override_hydra', 'args_json'),
)


@pytest.mark.parametrize('form', FORMS)
def test_commands_are_those_of_wandb(form, tmp_path, monkeypatch):
  monkeypatch.setenv('DATA', 'data/mine')
  monkeypatch.delenv('GONE', raising=False)
  path = tmp_path / 'sweep.yaml'
  words = ['${env}', '${interpreter}', '${program}', '${unknown}', 7, '-m']
  words += ['--data=${envvar:DATA}/${envvar:GONE}', '$WANDB_RUN_ID']
  about = {'program': 'a.py', 'command': [*words, f'${{{form}}}', '--last']}
  path.write_text(yaml.safe_dump(about))
  theirs = agent_command(path, AWKWARD, monkeypatch, tmp_path)
  ours = commands.build([str(w) for w in about['command']], 'a.py', AWKWARD)
  ours[ours.index(sys.executable)] = 'python'
  assert ours == theirs


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_our_files_name_fields_that_there_are(path, monkeypatch, tmp_path):
  monkeypatch.setenv('DATA', 'data/mine')
  monkeypatch.setenv('EXPERT', 'runs/expert')
  monkeypatch.chdir(ROOT)
  sweep = description.read(path)
  assert sweep.count
  for seed in range(3):
    values = parameters.draw(sweep.parameters, np.random.default_rng(seed))
    ours = commands.build(sweep.command, sweep.program, values)
    ours[ours.index(sys.executable)] = 'python'
    theirs = agent_command(path, values, monkeypatch, tmp_path)
    assert ours == theirs
    flags = [word for word in theirs if word.startswith('--config')]
    config = config_flag.read(flags)
    assert config.data.directory == 'data/mine'
    assert config.wandb.mode == 'online'
    for name, value in values.items():
      found = config
      for part in name.split('.')[1:]:
        found = found[part]
      assert found == value
    assert (path.stem == 'wav2lip') == (
      'runs/expert' in config.pretrained.values()
    )


def test_an_agents_workdir_is_named_by_its_run():
  program = (
    'from lipsync_jax import main, train\n'
    'train.train_and_evaluate = lambda config, workdir: print(workdir)\n'
    'main.run()'
  )
  found = subprocess.run(
    [sys.executable, '-c', program, '--config=configs/expert.py']
    + ['--workdir=runs/sweeps/$WANDB_RUN_ID'],
    cwd=ROOT,
    env=os.environ | {'WANDB_RUN_ID': 'abc', 'JAX_PLATFORMS': 'cpu'},
    capture_output=True,
    text=True,
    check=True,
  )
  assert found.stdout.split() == ['runs/sweeps/abc']


def draws(about, count=2000):
  rng = np.random.default_rng(0)
  parameters.check({'x': about})
  return [parameters.draw({'x': about}, rng)['x'] for _ in range(count)]


def test_distributions():
  found = draws({'min': 2, 'max': 4})
  assert set(found) == {2, 3, 4} and type(found[0]) is int
  found = draws({'min': 2.0, 'max': 4})
  assert min(found) < 2.01 and max(found) > 3.99 and np.mean(found) < 3.1
  found = np.log10(
    draws({'distribution': 'log_uniform_values', 'min': 1e-5, 'max': 1e-3})
  )
  assert -5 <= min(found) < -4.99 and -3.01 < max(found) <= -3
  assert np.mean(found) == pytest.approx(-4, abs=0.05)
  found = np.log(draws({'distribution': 'log_uniform', 'min': -2, 'max': 1}))
  assert -2 <= min(found) < -1.99 and 0.99 < max(found) <= 1
  found = draws({'distribution': 'q_uniform', 'min': 0, 'max': 1, 'q': 0.1})
  assert set(found) == {k / 10 for k in range(11)}
  found = draws(
    {'distribution': 'q_log_uniform_values', 'min': 8, 'max': 32, 'q': 8}
  )
  assert set(found) == {8, 16, 24, 32} and type(found[0]) is int
  assert found.count(8) > found.count(32)
  found = draws({'mu': 3.0, 'sigma': 0.5})
  assert np.mean(found) == pytest.approx(3, abs=0.05)
  assert np.std(found) == pytest.approx(0.5, abs=0.03)
  assert set(draws({'values': ['a', True, None]})) == {'a', True, None}
  found = draws({'values': ['a', 'b'], 'probabilities': [0.9, 0.1]})
  assert found.count('a') / len(found) == pytest.approx(0.9, abs=0.02)
  assert set(draws({'value': 'b'})) == {'b'}
  assert set(draws({'distribution': 'constant', 'value': 7})) == {7}


def test_nested_parameters_are_one_value():
  about = {
    'net': {'parameters': {'width': {'values': [2, 4]}, 'deep': {'value': 1}}},
    'x': {'min': 1, 'max': 2},
  }
  parameters.check(about)
  assert list(parameters.grid(about)) == [
    {'net': {'width': width, 'deep': 1}, 'x': x}
    for width in (2, 4)
    for x in (1, 2)
  ]
  found = parameters.draw(about, np.random.default_rng(0))
  assert found['net'].keys() == {'width', 'deep'}


def test_a_grid_of_steps_has_all_of_them():
  about = {'x': {'distribution': 'q_uniform', 'min': 0, 'max': 0.3, 'q': 0.1}}
  assert [row['x'] for row in parameters.grid(about)] == [0, 0.1, 0.2, 0.3]


WRONG = {
  'parameters: none': {},
  'x: give value': {'x': {}},
  'x: there is no distribution': {'x': {'distribution': 'cauchy', 'min': 0}},
  'x: max of distribution': {'x': {'distribution': 'uniform', 'min': 0}},
  'write 1.0e-4': {'x': {'min': '1e-4', 'max': 1.0}},
  'x: min is more': {'x': {'min': 2, 'max': 1}},
  'no logarithm': {
    'x': {'distribution': 'log_uniform_values', 'min': 0, 'max': 1}
  },
  'x: values is no list': {'x': {'values': []}},
  'their sum is 1': {'x': {'values': [1, 2], 'probabilities': [0.5, 0.6]}},
  'net: give value': {'a': {'parameters': {'net': 3}}},
}


@pytest.mark.parametrize('said', WRONG)
def test_wrong_parameters_are_told(said):
  with pytest.raises(ValueError, match=said):
    parameters.check(WRONG[said])


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
