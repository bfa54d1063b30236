"""How processes find each other, and what they say if they do not."""

import pathlib
import re
import subprocess
import threading

import processes
import pytest
import yaml
from absl import flags

from lipsync_jax import config_flag
from lipsync_jax.training import launch, meeting

# ml_collections loads config files in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)
ROOT = pathlib.Path(__file__).parents[1]


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


@pytest.mark.parametrize(
  'path', sorted((ROOT / 'tools/launch').iterdir()), ids=lambda path: path.name
)
def test_flags_of_the_examples_exist(path):
  text = path.read_text()
  words = re.findall(r'(?<= )--[\w.]+=\S+', text)
  ours = [w for w in words if not re.match('--gpu-bind', w)]
  ours = [w for w in ours if f'#SBATCH {w}' not in text]
  values = flags.FlagValues()
  config = config_flag.define(values, ['', *ours])
  launch.define(values)
  flags.DEFINE_string('workdir', None, '', flag_values=values)
  assert config_flag.parse(['', *ours], values) == ['']
  assert launch.from_flags(values, {}) == launch.Launch()
  assert values['workdir'].value and config.value.data.directory
  if path.suffix == '.yaml':
    job = yaml.safe_load(text)['spec']['replicatedJobs'][0]['template']['spec']
    (container,) = job['template']['spec']['containers']
    assert container['command'][:3] == ['python', '-m', 'lipsync_jax.main']
    assert job['parallelism'] == job['completions']
  else:
    subprocess.run(['bash', '-n', path], check=True)


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
