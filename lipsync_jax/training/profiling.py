"""Where the time of a step goes: `--config.profile=True`.

After the first steps, which compile: some as they are, some with a stop after
every part, some traced. WORKDIR/profile gets summary.json, summary.md and the
trace, which `xprof --logdir WORKDIR/profile` (pip install xprof), TensorBoard
with xprof, or ui.perfetto.dev (the *.trace.json.gz) shows.
"""

import contextlib
import json
import logging
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax

from input_pipeline import whole_file
from lipsync_jax.training import device_speed

_LOG = logging.getLogger(__name__)

_WINDOW = 5  # steps of each kind
_WARM, _PLAIN, _APART, _TRACED = (_WINDOW * (k + 1) for k in range(4))
STEPS = _TRACED

_MEANING = {
  'data': 'waiting for the next batch',
  'copy': 'to the devices',
  'step': 'loss, gradients, update',
}


class Profile:
  """Watches the first steps of a start.

  Args:
    folder: for what is found; None: nothing is watched.
    dtype: what the networks compute in.
    steps: there are to come; of too few nothing is written, which is said.
  """

  def __init__(
    self,
    folder: pathlib.Path | None,
    *,
    dtype: str = 'float32',
    steps: int = STEPS,
  ):
    if folder and steps < STEPS:
      _LOG.warning(
        'No profile is written: it takes %d steps, and %d are left.',
        STEPS,
        steps,
      )
      folder = None
    self._folder, self._dtype = folder, dtype
    self._count = 0
    self._plain, self._parts = 0.0, dict.fromkeys(_MEANING, 0.0)
    self._last: Any = None

  @property
  def _watching(self) -> bool:
    return self._folder is not None and self._count < _TRACED

  @contextlib.contextmanager
  def step(self, step: int) -> Iterator[None]:
    """Wraps one step of training."""
    if not self._watching:
      yield
      return
    if self._count == _APART:
      jax.profiler.start_trace(self._folder)
    entered = time.perf_counter()
    with jax.profiler.StepTraceAnnotation('train', step_num=step):
      yield
    plain = _WARM <= self._count < _PLAIN
    self._count += 1
    if self._count % _WINDOW == 0:  # What is under way belongs to this window.
      jax.block_until_ready(self._last)
    if plain:
      self._plain += time.perf_counter() - entered
    if self._count == _TRACED:
      jax.profiler.stop_trace()

  @contextlib.contextmanager
  def part(self, name: str) -> Iterator[Callable[[Any], Any]]:
    """Wraps a part of a step; yields what its result is to be put through."""
    apart = self._watching and _PLAIN <= self._count < _APART
    entered = time.perf_counter()

    def put_through(result):
      if self._watching:
        self._last = jax.block_until_ready(result) if apart else result
      return result

    yield put_through
    if apart:
      self._parts[name] += time.perf_counter() - entered

  @property
  def complete(self) -> bool:
    """Whether all steps were watched and nothing is written yet."""
    return self._folder is not None and self._count >= _TRACED

  def write(
    self, program: Callable[[], Any], seconds: dict[str, float]
  ) -> None:
    """Writes the summary, once `complete`.

    Args:
      program: lowers the training step (`jax.jit(...).lower(...)`).
      seconds: of the run so far, see `meter.Meter.seconds`.
    """
    folder, self._folder, self._last = self._folder, None, None
    found = self._summary(program().compile(), seconds)
    text = _table(found)
    if jax.process_index():
      return
    whole_file.write(folder / 'summary.json', json.dumps(found, indent=2))
    whole_file.write(folder / 'summary.md', text)
    _LOG.info('%s\nThe trace is in %s.', text, folder)

  def _summary(
    self, compiled: Any, seconds: dict[str, float]
  ) -> dict[str, Any]:
    device = jax.local_devices()[0]
    per_step = self._plain / _WINDOW
    # Of one device: a program says what each of them does.
    operations = compiled.cost_analysis()['flops']
    memory = device.memory_stats() or {}
    reached = device_speed.reached(self._dtype)
    published = device_speed.published(device.device_kind)
    speed = operations / per_step
    return {
      'device': f'{jax.device_count()} x {device.device_kind}',
      'dtype': self._dtype,
      'steps_watched': _WINDOW,
      'seconds_per_step': per_step,
      'parts': {k: v / _WINDOW for k, v in self._parts.items()},
      'run_so_far': seconds,
      'data_wait_share': seconds['waiting'] / seconds['total'],
      'flop_per_step_and_device': operations,
      'flop_per_second_and_device': speed,
      'share_of_matmul': speed / reached,
      'mfu': None if published is None else speed / published,
      'peak_memory_bytes': memory.get('peak_bytes_in_use'),
      'temporary_bytes': compiled.memory_analysis().temp_size_in_bytes,
    }


def _table(found: dict[str, Any]) -> str:
  """The summary for people, Markdown."""
  whole = sum(found['parts'].values())
  lines = [
    f'{found["device"]}, {found["dtype"]}',
    '',
    '| part of a step, one after the other | ms | % |',
    '|---|---|---|',
    *(
      f'| {_MEANING[name]} | {1e3 * t:.1f} | {100 * t / whole:.1f} |'
      for name, t in found['parts'].items()
    ),
    f'| as they run, overlapping | {1e3 * found["seconds_per_step"]:.1f} | |',
    '',
    f'Waiting for data: {100 * found["data_wait_share"]:.1f} % of the run so '
    'far.',
    f'{found["flop_per_step_and_device"] / 1e9:.4g} GFLOP a step and device: '
    f'{found["flop_per_second_and_device"] / 1e9:.4g} GFLOP/s, '
    f'{100 * found["share_of_matmul"]:.1f} % of a matrix product '
    f'({device_speed.SIDE} x {device_speed.SIDE}) in {found["dtype"]} here.',
    'MFU: '
    + (
      "the maker's peak of this device is not known."
      if found['mfu'] is None
      else f"{100 * found['mfu']:.1f} % of the maker's bfloat16 peak."
    ),
    f'The step needs {found["temporary_bytes"] / 1e6:.0f} MB besides state and '
    'batch.',
  ]
  return '\n'.join(lines) + '\n'
