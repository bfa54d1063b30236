"""Lists of runs: whole ones, killed ones, broken ones."""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from lipsync_jax.training import folder, runs
from tools import runs as tool

CONFIG = {
  'task': 'wav2lip',
  'num_steps': 100,
  'best_metric': 'l1',
  'best_mode': 'min',
}


def row(step, **more):
  return {
    'step': step,
    'train/loss': 1.0,
    'time/seconds_per_step': 0.5,
    'time/examples_per_second': 32.0,
  } | more


# The first one compiled.
ROWS = [
  row(10, **{'time/seconds_per_step': 9.0, 'time/examples_per_second': 2.0}),
  row(20),
  {'step': 10, 'val/l1': float('nan')},
  {'step': 20, 'val/l1': 0.25},
  row(40),
  {'step': 40, 'val/l1': 0.125},
  row(60),
  {'step': 60, 'val/l1': float('nan')},
]


def write(path, *, config=CONFIG, rows=ROWS, about=None):
  path.mkdir(parents=True)
  if config is not None:
    (path / 'config.json').write_text(json.dumps(config))
  if rows is not None:
    text = ''.join(json.dumps(row) + '\n' for row in rows)
    (path / 'metrics.jsonl').write_text(text)
  if about is not None:
    now = datetime.datetime.now().astimezone().isoformat(timespec='seconds')
    known = {
      'state': 'running',
      'pid': os.getpid(),
      'host': socket.gethostname(),
      'step': 60,
      'num_steps': 100,
      'started': now,
      'ended': None,
      'error': None,
      'resumed': 0,
    }
    (path / 'run.json').write_text(json.dumps(known | about))
  return path


def gone():
  """The number of a process that is no more."""
  process = subprocess.Popen([sys.executable, '-c', ''])
  process.wait()
  return process.pid


def test_a_run_that_runs(tmp_path):
  found = runs.read(write(tmp_path / 'a', about={}))
  assert found.state == 'running'
  assert (found.task, found.step, found.num_steps) == ('wav2lip', 60, 100)
  assert (found.metric, found.best, found.best_step) == ('val/l1', 0.125, 40)
  assert found.seconds_per_step == 0.5
  assert found.examples_per_second == 32
  assert found.seconds_left == 20
  assert found.error is None and found.written


STATES = {
  'finished': {'state': 'finished', 'step': 100},
  'stopped (resumable)': {'state': 'stopped'},
  'failed': {'state': 'failed', 'error': 'the disk is full'},
  'running on elsewhere?': {'host': 'elsewhere'},
}


@pytest.mark.parametrize('state', STATES)
def test_what_a_run_says_of_itself(state, tmp_path):
  found = runs.read(write(tmp_path / 'a', about=STATES[state]))
  assert found.state == state
  assert found.error == STATES[state].get('error')
  assert (found.seconds_left is None) == (not state.startswith('running'))


def test_a_run_whose_process_is_gone_was_killed(tmp_path):
  found = runs.read(write(tmp_path / 'a', about={'pid': gone()}))
  assert found.state == 'killed (resumable)' and found.seconds_left is None


@pytest.mark.skipif(
  not pathlib.Path('/proc/self/stat').exists(), reason='needs /proc'
)
def test_another_process_of_the_same_number_is_not_the_run(tmp_path):
  found = runs.read(
    write(tmp_path / 'a', about={'started': '2001-01-01T00:00:00+00:00'})
  )
  assert found.state == 'killed (resumable)'


def test_this_process_is_told_from_older_ones(tmp_path):
  with folder.hold(tmp_path / 'a', num_steps=3) as held:
    assert runs.read(tmp_path / 'a').state == 'running'
    held.tell(step=2)
    assert runs.read(tmp_path / 'a').step == 2
  assert runs.read(tmp_path / 'a').state == 'finished'
  with pytest.raises(OSError), folder.hold(tmp_path / 'a', num_steps=3):
    raise OSError('no room')
  found = runs.read(tmp_path / 'a')
  assert (found.state, found.error) == ('failed', 'no room')


def test_older_runs_say_it_by_their_metrics(tmp_path):
  assert runs.read(write(tmp_path / 'a')).state == 'stopped (resumable)'
  ended = write(tmp_path / 'b', rows=[*ROWS, {'step': 100, 'val/l1': 0.5}])
  assert runs.read(ended).state == 'finished'
  most = write(tmp_path / 'c', config=CONFIG | {'best_mode': 'max'})
  assert runs.read(most).best == 0.25


@pytest.mark.parametrize(
  'content', [b'', b'{"state": "run', b'\xff\x00', b'[]']
)
def test_broken_files_are_told_as_far_as_they_go(content, tmp_path, capsys):
  path = write(tmp_path / 'runs' / 'a', about={})
  for name in ('run.json', 'config.json', 'metrics.jsonl'):
    whole = (path / name).read_bytes()
    (path / name).write_bytes(content)
    assert runs.read(path).state
    assert tool.main([str(tmp_path)]) == 0
    assert str(path) in capsys.readouterr().out
    (path / name).write_bytes(whole)
  for name in ('run.json', 'config.json', 'metrics.jsonl'):
    (path / name).write_bytes(content)
  found = runs.read(path)
  assert (found.state, found.step, found.best) == (
    'stopped (resumable)',
    0,
    None,
  )
  (path / 'config.json').unlink()
  (path / 'run.json').write_text('{"state": 3, "pid": "x", "step": null}')
  assert runs.read(path).state == 'stopped (resumable)'


def test_runs_are_found_below_folders_once(tmp_path):
  for name in ('b/0001', 'b/0000', 'a'):
    write(tmp_path / name, about={})
  write(tmp_path / 'a' / 'wandb' / 'latest')
  (tmp_path / 'data').mkdir()
  found = [str(p.relative_to(tmp_path)) for p in runs.find([tmp_path])]
  assert found == ['a', 'b/0000', 'b/0001']


def test_the_list_and_its_json(tmp_path, capsys):
  write(tmp_path / 'a', about={'state': 'finished', 'step': 100})
  write(tmp_path / 'b', about={'state': 'failed', 'error': 'the disk is full'})
  write(tmp_path / 'c', about={}, rows=None, config=None)
  assert tool.main([str(tmp_path)]) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[0].split() == [
    *('run', 'task', 'state', 'steps', 'best', 'speed', 'when')
  ]
  for cell in ('wav2lip', ' finished', '100/100', 'val/l1 0.125 at 40'):
    assert cell in lines[1]
  assert '0.5 s/step, 32/s' in lines[1]
  assert ' running ' in lines[3] and '60/100' in lines[3]
  assert lines[4] == f'{tmp_path / "b"}: the disk is full'
  assert tool.main([str(tmp_path), '--json']) == 0
  found = json.loads(
    capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name)
  )
  assert [run['state'] for run in found] == ['finished', 'failed', 'running']
  assert found[0]['best'] == 0.125 and found[2]['best'] is None


def test_it_is_shown_again(tmp_path, capsys, monkeypatch):
  write(tmp_path / 'a', about={})
  naps = []

  def sleep(seconds):
    naps.append(seconds)
    if len(naps) == 2:
      raise KeyboardInterrupt

  monkeypatch.setattr(tool.time, 'sleep', sleep)
  assert tool.main([str(tmp_path), '--watch', '0.5']) == 130
  assert naps == [0.5, 0.5]
  assert capsys.readouterr().out.count('wav2lip') == 2


def test_no_folder_and_no_runs(tmp_path, capsys):
  assert tool.main([str(tmp_path / 'none')]) == 1
  error = capsys.readouterr().err
  assert (
    error.startswith('error: There is no folder') and error.count('\n') == 1
  )
  assert tool.main([str(tmp_path)]) == 0
  assert 'There are no runs in' in capsys.readouterr().out
  with pytest.raises(SystemExit, match='2'):
    tool.main(['--watch', 'soon'])
