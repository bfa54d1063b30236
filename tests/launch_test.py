"""How processes find each other, and what they say if they do not."""

import signal
import threading

import processes
import pytest
from absl import flags

from lipsync_jax.training import agreement, launch, meeting, waits


def read(*words, **environ):
  values = flags.FlagValues()
  launch.define(values)
  values(['', *words])
  return launch.from_flags(values, environ)


def test_nothing_given_is_one_process():
  assert read() is None


def test_by_hand_and_by_the_environment():
  by_hand = read(
    '--coordinator_address=10.0.0.1:8476', '--num_processes=2', '--process_id=0'
  )
  assert by_hand == launch.Launch('10.0.0.1:8476', 2, 0)
  environ = {
    'JAX_COORDINATOR_ADDRESS': '10.0.0.1:8476',
    'JAX_NUM_PROCESSES': '4',
    'JAX_PROCESS_ID': '3',
  }
  assert read(**environ) == launch.Launch('10.0.0.1:8476', 4, 3)
  # The command line has the last word.
  assert read('--process_id=1', **environ).process_id == 1
  assert read('--hosts=auto', '--start_timeout=9', **environ) == launch.Launch(
    start_timeout=9
  )


@pytest.mark.parametrize(
  ('words', 'complaint'),
  [
    (['--num_processes=2'], r'--coordinator_address \(or JAX_COORD.*missing'),
    (['--hosts=auto', '--process_id=1'], 'finds out --process_id'),
    (['a:1', '2', '2'], 'number them from 0 to 1'),
    (['a', '2', '1'], "HOST:PORT, e.g. 10.0.0.1:8476, not 'a'"),
    (['a:b', '2', '1'], "not 'a:b'"),
  ],
)
def test_what_makes_no_sense_is_refused(words, complaint):
  if not words[0].startswith('--'):
    names = ('coordinator_address', 'num_processes', 'process_id')
    words = [f'--{n}={w}' for n, w in zip(names, words, strict=True)]
  with pytest.raises(ValueError, match=complaint):
    read(*words)


def meet(*callers, timeout=20.0):
  """What becomes of processes: (id, count) each; '' or their error's words."""
  address = f'127.0.0.1:{processes.free_port()}'
  ends = [None] * len(callers)

  def one(i, who, count):
    try:
      meeting.meet(
        address, process_id=who, num_processes=count, timeout=timeout
      )
      ends[i] = ''
    except (ValueError, OSError) as error:
      ends[i] = str(error)

  threads = [
    threading.Thread(target=one, args=(i, *caller))
    for i, caller in enumerate(callers)
  ]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  return ends


def test_all_come():
  assert meet((0, 3), (2, 3), (1, 3)) == ['', '', '']


def test_one_does_not_come():
  ends = meet((0, 3), (2, 3), timeout=1.5)
  assert ends[0] == ends[1] and 'within 2 s: 1. Start one for' in ends[0]
  assert '1 of 3 processes did not come to 127.0.0.1:' in ends[0]


def test_nobody_listens():
  (said,) = meet((1, 2), timeout=0.5)
  assert 'Process 0 cannot be reached at 127.0.0.1:' in said
  assert '--start_timeout' in said


def test_a_name_that_is_nowhere():
  with pytest.raises(OSError, match='reached at nowhere.invalid:8476'):
    meeting.meet(
      'nowhere.invalid:8476', num_processes=2, process_id=1, timeout=0.3
    )


def test_wrong_counts_are_named():
  for said in meet((0, 2), (1, 3)):
    assert said.startswith('Process 1 was started with --num_processes=3, proc')


def test_the_same_number_twice():
  ends = meet((0, 3), (1, 3), (1, 3))
  assert set(ends) == {
    'Two processes have --process_id=1. Number them from 0 to 2.'
  }


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
