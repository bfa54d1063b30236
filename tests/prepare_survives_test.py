"""A run that is stopped or killed goes on, and gives the bytes of a whole one.

These are real processes of the command.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import small_preparation

from input_pipeline.preparation import prepare

pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)
ROOT = pathlib.Path(__file__).parents[1]
WAIT = 120  # seconds, on a machine with much else to do


@pytest.fixture(scope='module')
def videos(tmp_path_factory):
  folder = tmp_path_factory.mktemp('videos')
  # So many that none of the runs below ends before it is stopped.
  return small_preparation.write_videos(folder, 10)


@pytest.fixture(scope='module')
def reference(videos, tmp_path_factory):
  """What a run makes that nothing disturbs, in one process."""
  output = tmp_path_factory.mktemp('reference') / 'data'
  assert small_preparation.run(videos, output) == 0
  return output


@pytest.fixture
def start():
  """Starts the command in a process group of its own."""
  running = []

  def popen(words):
    # What a shell runs in the background ignores Ctrl-C, and so would its
    # children, however deep.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
      [sys.executable, '-m', 'tools.prepare', *words],
      cwd=ROOT,
      start_new_session=True,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    signal.signal(signal.SIGINT, before)
    running.append(process)
    return process

  yield popen
  for process in running:
    if process.poll() is None:
      os.killpg(process.pid, signal.SIGKILL)
      process.communicate()


def wait_for(process, true) -> None:
  end = time.monotonic() + WAIT
  while not true():
    assert process.poll() is None, process.communicate()
    assert time.monotonic() < end
    time.sleep(0.005)


def finished(output: pathlib.Path) -> dict[str, int]:
  """When the candidates of the finished videos were written."""
  folder = prepare.candidates_of(output)
  rows = {path.stem for path in folder.glob('*.json')}
  return {
    path.name: path.stat().st_mtime_ns
    for path in folder.glob('*')
    if path.suffix in ('.json', '.npy', '.tfrecord') and path.stem in rows
  }


def test_a_run_that_is_stopped_and_killed_again_and_again(
  videos, reference, tmp_path, start
):
  output = tmp_path / 'data'
  words = small_preparation.arguments(videos, output, workers=2)
  partial = output.with_name('data.partial')

  process = start(words)  # Ctrl-C in a terminal: all processes get it
  wait_for(process, lambda: finished(output))
  os.killpg(process.pid, signal.SIGINT)
  _, said = process.communicate(timeout=WAIT)
  assert process.returncode == 130
  [*bars, line] = filter(None, said.replace('\r', '\n').splitlines())
  assert line == 'Stopped. The same command goes on from here.'
  assert all(bar.startswith(('videos:', 'shards:')) for bar in bars)
  done = finished(output)

  process = start(words)  # one process alone: its workers must not stay
  wait_for(
    process, lambda: len(finished(output)) > len(done) or partial.exists()
  )
  process.kill()
  process.communicate(timeout=WAIT)  # ends when no one holds its streams
  assert not output.exists() and done.items() <= finished(output).items()
  done = finished(output)

  process = start([*words, '--workers=1'])  # the number may change
  wait_for(process, partial.exists)
  time.sleep(random.uniform(0, 0.2))
  os.killpg(process.pid, signal.SIGKILL)
  process.communicate(timeout=WAIT)
  assert done.items() <= finished(output).items()
  done = finished(output)

  assert small_preparation.run(videos, output) == 0
  small_preparation.check_same(output, reference)
  assert finished(output) == done  # and so nothing was decoded again


def test_choosing_again_that_is_killed(reference, tmp_path, start):
  output = small_preparation.copy(reference, tmp_path)
  words = [f'--rescore={output}', '--config.select.min_seconds=0.6']
  process = start([*words, '--config.select.min_face=9999'])
  wait_for(process, output.with_name('data.partial').exists)
  os.killpg(process.pid, signal.SIGKILL)
  process.communicate(timeout=WAIT)
  assert small_preparation.contents(output) == small_preparation.contents(
    reference
  )
  assert small_preparation.command.main(words) == 0
  small_preparation.check_same(output, reference)


def test_workers_and_order_of_creation_change_nothing(
  videos, reference, tmp_path
):
  for path in sorted(videos.glob('*/*'), reverse=True):
    target = tmp_path / path.relative_to(videos.parent)
    target.parent.mkdir(exist_ok=True, parents=True)
    shutil.copy2(path, target)
  output = tmp_path / 'out' / 'data'
  words = small_preparation.arguments(tmp_path / videos.name, output, workers=3)
  assert small_preparation.command.main(words) == 0
  small_preparation.check_same(output, reference)
