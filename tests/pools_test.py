"""Processes that crash, and processes whose parent was killed."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time

from input_pipeline.preparation import (
  helper_process,
  parts,
  prepare_video,
  sources,
)


@dataclasses.dataclass(frozen=True)
class Deadly(prepare_video.Options):
  """Ends the process that it is sent to."""

  def __reduce__(self):
    return os._exit, (1,)


def test_a_helper_survives_what_crashes_it(tmp_path):
  path = tmp_path / 'text.mp4'
  path.write_text('This is not a video.')
  helper, rows = helper_process.Helper(), []
  for options in (Deadly(), prepare_video.Options(detector='cascade')):
    source = sources.Source(path, 'text.mp4', 'anna')
    rows += helper.run(parts.Job(source, options, tmp_path))
  assert [row['reason'].partition(',')[0] for row in rows] == [
    'it makes the program that reads it crash',
    'not a media file',
  ]


PARENT = """
import os, time
from input_pipeline.preparation import pools

if __name__ == '__main__':
  with pools.processes(1) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
  script = tmp_path / 'parent.py'
  script.write_text(PARENT)
  root = pathlib.Path(__file__).parents[1]
  with subprocess.Popen(
    [sys.executable, script],
    stdout=subprocess.PIPE,
    text=True,
    env={**os.environ, 'PYTHONPATH': str(root)},
  ) as parent:
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
  until = time.monotonic() + 10
  while running(child) and time.monotonic() < until:
    time.sleep(0.05)
  assert not running(child)


def running(process: int) -> bool:
  # One that has ended and that nobody asked about yet has state Z.
  try:
    status = pathlib.Path(f'/proc/{process}/stat').read_text()
  except FileNotFoundError:
    return False
  return status.rpartition(')')[2].split()[0] != 'Z'
