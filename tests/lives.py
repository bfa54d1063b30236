"""Real runs as processes, to be stopped in every way there is."""

import pathlib
import signal
import time
from collections.abc import Callable

import jax
import numpy as np
import orbax.checkpoint as ocp
import processes

from lipsync_jax import metric_writer

STEPS, EVERY = 40, 10
WORDS = (
  '--config=configs/expert.py',
  '--config.image_size=24',
  '--config.networks.expert.width=2',
  '--config.data.windows_per_clip=4',
  '--config.batch_size=2',
  f'--config.num_steps={STEPS}',
  f'--config.eval_every={EVERY}',
  '--config.log_every=2',
)
_PATIENCE = 240  # seconds, of a busy machine


class Life:
  """A run of lipsync_jax.main in `folder`, begun and ended many times."""

  def __init__(self, folder: pathlib.Path, data: pathlib.Path):
    self.folder = folder
    self._words = [*WORDS, f'--config.data.directory={data}']
    self._outputs = data.parent
    self._process: processes.Process | None = None

  def start(self, *words: str, devices: int = 1) -> None:
    self._process = self.launch(*words, devices=devices)

  def launch(self, *words: str, devices: int = 1) -> processes.Process:
    """Starts the command."""
    words = (f'--workdir={self.folder}', *self._words, *words)
    return processes.Process(
      ['-m', 'lipsync_jax.main', *words],
      self._outputs,
      JAX_NUM_CPU_DEVICES=f'{devices}',
    )

  def until(self, happened: Callable[[], bool]) -> None:
    """Waits while the run is at work."""
    deadline = time.monotonic() + _PATIENCE
    while not happened():
      assert self._process.popen.poll() is None, self._process.said
      assert time.monotonic() < deadline
      time.sleep(0.005)

  def send(self, number: int) -> None:
    self._process.signal(number)

  def end(self, number: int = 0) -> tuple[int, str]:
    """Exit code and output of the run, sent a signal first."""
    if number:
      self.send(number)
    code = self._process.popen.wait(_PATIENCE)
    return code, self._process.said

  def finish(self, *words: str, devices: int = 1) -> str:
    """Starts again and trains to the end."""
    self.start(*words, devices=devices)
    code, output = self.end()
    assert code == 0, output
    return output

  def kill(self) -> None:
    """As the kernel does: nothing can be saved."""
    code, _ = self.end(signal.SIGKILL)
    assert code == -signal.SIGKILL

  def rows(self) -> list[dict]:
    """Metrics but for the time they took."""
    return [
      {k: v for k, v in row.items() if not k.startswith('time/')}
      for row in metric_writer.read(self.folder / 'metrics.jsonl')
    ]

  def logged(self, step: int) -> bool:
    """Whether training has told of this step."""
    rows = self.rows()
    return any(row['step'] >= step and 'train/loss' in row for row in rows)

  def checkpoints(self) -> list[pathlib.Path]:
    """Finished ones, oldest first."""
    found = (self.folder / 'checkpoints').glob('*')
    return sorted(path for path in found if path.name.isdigit())

  def state(self) -> dict:
    """The newest, whole."""
    path = self.checkpoints()[-1] / 'state'
    with ocp.PyTreeCheckpointer() as reader:
      as_arrays = jax.tree.map(
        lambda _: ocp.RestoreArgs(restore_type=np.ndarray),
        reader.metadata(path).item_metadata.tree,
      )
      return reader.restore(path, restore_args=as_arrays)


def assert_same(one: Life, other: Life) -> None:
  """Curves, final state and kept checkpoints are equal, to the bit."""
  assert one.rows() == other.rows()
  jax.tree.map(np.testing.assert_array_equal, one.state(), other.state())
  kept, theirs = ([p.name for p in x.checkpoints()] for x in (one, other))
  assert kept == theirs
