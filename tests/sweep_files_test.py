"""Sweep files: the values and the commands are those of W&B."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import yaml

from lipsync_jax import config_flag
from lipsync_jax.sweeps import commands, description, parameters

ROOT = pathlib.Path(__file__).parents[1]
FILES = sorted((ROOT / 'configs' / 'sweeps').glob('*.yaml'))


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


@pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)
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
