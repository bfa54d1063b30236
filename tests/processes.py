"""Runs of the training command in processes of their own, to kill and compare.

  run = processes.start(config, workdir, count=2, devices=2)
  run[1].signal(signal.SIGTERM)
  codes = [process.wait() for process in run]   # .said has what they printed

Every process is `python -m lipsync_jax.main` with small changes
(noted_main.py), on this machine, and inherits the cache of compiled programs.
"""

import json
import os
import pathlib
import signal as signals
import socket
import subprocess
import sys
import tempfile
import time

_TESTS = pathlib.Path(__file__).parent
_CONFIG = """
import json
import ml_collections

def get_config():
  return ml_collections.ConfigDict(json.loads({text!r}))
"""


class Process:
  """One process; its output goes to a file, so that it never waits for us."""

  def __init__(self, command, env, said):
    self._said = said
    with said.open('w') as file:
      self.popen = subprocess.Popen(
        command,
        env=env,
        cwd=_TESTS.parent,
        stdout=file,
        stderr=subprocess.STDOUT,
        # Ctrl-C ends the tests; what they started is ended by them.
        start_new_session=True,
      )

  @property
  def said(self) -> str:
    return self._said.read_text()

  def signal(self, number: int) -> None:
    self.popen.send_signal(number)

  def wait(self, timeout: float = 240) -> int:
    """The exit code; one that does not end is killed, and it is an error."""
    try:
      return self.popen.wait(timeout)
    except subprocess.TimeoutExpired as error:
      self.popen.kill()
      self.popen.wait()
      raise AssertionError(f'Does not end: {self.said[-3000:]}') from error

  def wait_for(self, word: str, timeout: float = 240) -> None:
    """Until it has printed a word."""
    deadline = time.monotonic() + timeout
    while word not in self.said:
      if self.popen.poll() is not None or time.monotonic() > deadline:
        raise AssertionError(f'Never said {word!r}: {self.said[-3000:]}')
      time.sleep(0.05)


def start(
  config, workdir, *, count=1, devices=1, flags=(), configs=None, **changes
) -> list[Process]:
  """Starts a run.

  Args:
    config: of `tiny_runs.tiny`.
    workdir: of the run.
    count: processes, each a host of the run.
    devices: CPU devices of each.
    flags: more of the command's.
    configs: of each process, where they differ.
    changes: what noted_main.py does besides, see there.
  """
  folder = pathlib.Path(
    tempfile.mkdtemp(prefix='processes_', dir=workdir.parent)
  )
  env = os.environ | {
    'JAX_PLATFORMS': 'cpu',
    'JAX_NUM_CPU_DEVICES': str(devices),
    # Compiling takes most of the time of so small a run.
    'JAX_DISABLE_MOST_OPTIMIZATIONS': '1',
    'PYTHONPATH': f'{_TESTS.parent}{os.pathsep}{_TESTS}',
    'NOTED_MAIN': json.dumps(changes),
  }
  address = f'127.0.0.1:{free_port()}'
  processes = []
  for host in range(count):
    path = folder / f'config_{host}.py'
    text = (configs or [config] * count)[host].to_json_best_effort()
    path.write_text(_CONFIG.format(text=text))
    command = [
      *(sys.executable, str(_TESTS / 'noted_main.py')),
      *(f'--config={path}', f'--workdir={workdir}', *flags),
    ]
    if count > 1:
      command += [
        f'--coordinator_address={address}',
        *(f'--num_processes={count}', f'--process_id={host}'),
      ]
    processes.append(Process(command, env, folder / f'said_{host}.txt'))
  return processes


def finish(run, timeout=240) -> list[int]:
  """The exit codes of all; whatever still runs then is killed."""
  try:
    return [process.wait(timeout) for process in run]
  finally:
    for process in run:
      if process.popen.poll() is None:
        process.signal(signals.SIGKILL)
        process.popen.wait()


def free_port() -> int:
  with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    return probe.getsockname()[1]
