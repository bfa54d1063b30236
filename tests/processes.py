"""Processes that tests start, signal and kill: above all runs of training.

  with processes.train(config, workdir, count=2, devices=2) as run:
    run[0].wait_for('step 2')
    run[1].signal(signal.SIGTERM)
    codes = run.finish()  # .said of each has what it printed

A run is `python -m lipsync_jax.main`, each process a host of it, on this
machine; with notes of its batches and mishaps if asked (noted_main.py).
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

_TESTS = pathlib.Path(__file__).parent
_LIMIT = 300.0  # seconds: of a machine that many tests share
_CONFIG = """
import json
import ml_collections

def get_config():
  return ml_collections.ConfigDict(json.loads({text!r}))
"""


class Process:
  """One process; its output goes to a file, so that it never waits for us."""

  def __init__(self, words: Sequence[str], folder, **variables: str):
    """Starts `python WORDS` in the project's folder, on CPU devices."""
    handle, path = tempfile.mkstemp(prefix='said_', dir=folder)
    self._said = pathlib.Path(path)
    with open(handle, 'w') as file:
      self.popen = subprocess.Popen(
        [sys.executable, *words],
        env=os.environ
        | {
          'JAX_PLATFORMS': 'cpu',
          # Compiling takes most of the time of so small a run.
          'JAX_DISABLE_MOST_OPTIMIZATIONS': '1',
          'PYTHONPATH': f'{_TESTS.parent}{os.pathsep}{_TESTS}',
          **variables,
        },
        cwd=_TESTS.parent,
        stdout=file,
        stderr=subprocess.STDOUT,
      )

  @property
  def said(self) -> str:
    return self._said.read_text()

  def signal(self, number: int) -> None:
    self.popen.send_signal(number)

  def wait_for(self, words: str) -> None:
    """Until it has printed these words."""
    deadline = time.monotonic() + _LIMIT
    while words not in self.said:
      if self.popen.poll() is not None or time.monotonic() > deadline:
        raise AssertionError(f'Never said {words!r}: {self.said[-3000:]}')
      time.sleep(0.05)


class Run(list):
  """Processes that belong together; none outlives the `with` block."""

  def finish(self) -> list[int]:
    """The exit codes."""
    deadline = time.monotonic() + _LIMIT
    try:
      return [
        process.popen.wait(max(deadline - time.monotonic(), 1))
        for process in self
      ]
    except subprocess.TimeoutExpired as error:
      said = '\n'.join(process.said[-2000:] for process in self)
      raise AssertionError(f'A process does not end: {said}') from error

  def __enter__(self) -> 'Run':
    return self

  def __exit__(self, *error) -> None:
    for process in self:
      process.popen.kill()  # Nothing if it has ended.
      process.popen.wait()


def train(
  config,
  workdir,
  *,
  count=1,
  devices=1,
  flags=(),
  configs=None,
  **changes,
) -> Run:
  """Starts a run.

  Args:
    config: of `tiny_runs.tiny` or `mini_networks.tiny`.
    workdir: of the run.
    count: processes, each a host of the run.
    devices: CPU devices of each.
    flags: more of the command's.
    configs: of each process, where they differ.
    changes: see noted_main.py.
  """
  folder = pathlib.Path(tempfile.mkdtemp(prefix='run_', dir=workdir.parent))
  address = f'127.0.0.1:{free_port()}'
  run = Run()
  for host in range(count):
    path = folder / f'config_{host}.py'
    text = (configs or [config] * count)[host].to_json_best_effort()
    path.write_text(_CONFIG.format(text=text))
    words = [
      str(_TESTS / 'noted_main.py'),
      *(f'--config={path}', f'--workdir={workdir}', *flags),
    ]
    if count > 1:
      words += [
        f'--coordinator_address={address}',
        *(f'--num_processes={count}', f'--process_id={host}'),
      ]
    variables = {
      'JAX_NUM_CPU_DEVICES': str(devices),
      'NOTED_MAIN': json.dumps(changes),
    }
    run.append(Process(words, folder, **variables))
  return run


def free_port() -> int:
  with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    return probe.getsockname()[1]
