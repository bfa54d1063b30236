"""Hosts agree on what they train, on when to stop, and end together."""

import signal

import processes
import pytest

from lipsync_jax.training import agreement, waits


def test_a_host_that_differs_is_named():
  first = {'batch_size': 4, 'shard a': '9 bytes', **dict.fromkeys('cdefgh', 1)}
  second = first | {'batch_size': 8, 'shard b': 'x'}
  del second['shard a']
  assert agreement.differences([first, second, first]) == [
    'host 1: batch_size is 8, host 0 has 4',
    'host 1: shard a is missing, host 0 has 9 bytes',
    'host 1: shard b is x, host 0 has none',
  ]
  other = dict.fromkeys(first, 0)
  assert agreement.differences([first, other])[-1] == 'host 1: and 3 more'


def test_who_waits_for_data_is_named():
  assert waits.laggard([0.01, 0.02, 0.6]).startswith(
    'Host 2 waits for its data 60%'
  )
  assert not waits.laggard([0.01, 0.09])  # nothing to speak of
  assert not waits.laggard([0.5, 0.6])  # nobody in particular


def pair(tmp_path, mode):
  """Two of small_hosts.py, at work."""
  address = f'127.0.0.1:{processes.free_port()}'
  words = ['tests/small_hosts.py', address, '2']
  return processes.Run(
    processes.Process([*words, host, mode], tmp_path) for host in '01'
  )


def test_what_one_host_says_all_hear(tmp_path):
  with pair(tmp_path, f'agrees:{tmp_path}') as run:
    assert run.finish() == [0, 0], [process.said for process in run]
  for process in run:
    assert "first says {'x': [0, 0.1]}" in process.said
    assert f'all say {["", 5 * "é"]}' in process.said
    assert f'other folder: host 1: {tmp_path}/1 is another' in process.said
    assert 'other values: The hosts do not agree: host 1: a is' in process.said
    assert 'no data: host 1: there is no data' in process.said
  assert not list((tmp_path / 'shared').iterdir())


@pytest.mark.parametrize('both', [False, True], ids=['ctrl_c', 'and_sigterm'])
def test_whoever_is_asked_all_stop(tmp_path, both):
  with pair(tmp_path, 'train') as run:
    for process in run:
      process.wait_for('at work')
    run[1].signal(signal.SIGINT)
    for process in run if both else ():
      process.signal(signal.SIGTERM)
    assert run.finish() == [143, 143], [process.said for process in run]
  steps = [process.said.split('stopped after')[1].split()[0] for process in run]
  assert steps[0] == steps[1]


def test_an_error_of_one_ends_all(tmp_path):
  with pair(tmp_path, 'fails') as run:
    codes = run.finish()
  assert codes[1] == 1 and 'This disk is broken.' in run[1].said
  assert codes[0] in (1, -signal.SIGABRT), run[0].said
  assert 'nother host ended' in run[0].said or 'another task' in run[0].said


def test_a_host_that_falls_silent_ends_all(tmp_path):
  with pair(tmp_path, 'train') as run:
    run[1].wait_for('at work')
    # Its connections stay open: only that its heartbeat stops tells of it.
    run[1].signal(signal.SIGSTOP)
    assert run[0].popen.wait(60) in (1, -signal.SIGABRT)
    assert 'heartbeat' in run[0].said
