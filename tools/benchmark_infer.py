"""The generator as dubbing runs it, against the best this machine multiplies.

With --reference also against the original in PyTorch, in the same rounds; ours
includes the way from and to bytes, the original's is the network alone. The
operations are XLA's count for the network as it was trained, whatever computes
it, and the peak is a product of two 2048 x 2048 matrices.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import tqdm

from lipsync_jax import describe
from lipsync_jax.training import device_speed
from tools import benchmark_generator, benchmark_table, benchmark_torch

# The option -> backend and precision.
_OURS = {
  'xla': ('xla', None),
  'onnxruntime': ('onnxruntime', None),
  'openvino': ('openvino', 'float32'),
  'openvino-bf16': ('openvino', 'bfloat16'),
}
_REFERENCE = 'Wav2Lip in PyTorch, '


def run(options) -> str:
  """Measures and returns the report."""
  if options.reference and (options.width, options.image_size) != (16, 96):
    raise ValueError('The reference has width 16 and 96 pixels only.')
  parts = []
  for batch in options.batch_size:
    programs = {}
    programs |= _ours(options, batch)
    if options.reference:
      programs |= _reference(options.reference, batch)
    parts.append(table(options, batch, _measure(programs, options)))
  device = jax.devices()[0]
  machine = benchmark_table.machine(
    _packages(options), device=f'{device.platform}: {device.device_kind}'
  )
  return '\n\n'.join([*parts, machine])


def _packages(options) -> tuple[str, ...]:
  runtimes = {name.partition('-')[0] for name in options.backend} - {'xla'}
  torch = ('torch',) if options.reference else ()
  return ('jax', 'jaxlib', 'flax', *sorted(runtimes), *torch)


def _ours(options, batch: int) -> dict[str, Callable[[], Any]]:
  found = {}
  faces, sound = _inputs(batch, options.image_size)
  for name in options.backend:
    backend, precision = _OURS[name]
    if backend == 'xla' and options.dtype != 'float32':
      precision = options.dtype
    _, made = benchmark_generator.make(
      width=options.width,
      image_size=options.image_size,
      backend=backend,
      precision=precision,
    )
    found[f'ours, {backend} {precision or "float32"}'] = functools.partial(
      made, sound, faces, faces
    )
    if made.parity:
      print(made.parity)
  return found


def _inputs(batch: int, size: int) -> tuple[np.ndarray, np.ndarray]:
  rng = np.random.default_rng(0)
  faces = rng.integers(0, 256, (batch, size, size, 3), np.uint8)
  return faces, rng.uniform(-4, 4, (batch, 80, 16, 1)).astype(np.float32)


def _reference(checkout, batch: int) -> dict[str, Callable[[], Any]]:
  faces, sound = _inputs(batch, 96)
  pictures = faces.transpose(0, 3, 1, 2).astype(np.float32) / 255
  inputs = sound.transpose(0, 3, 1, 2), np.concatenate([pictures] * 2, 1)
  network = benchmark_torch.load(checkout).Wav2Lip()
  return {
    _REFERENCE + name: call
    for name, call in benchmark_torch.calls(network, inputs)
  }


def _measure(programs, options) -> dict[str, list[float]]:
  """Seconds by program, in turns."""
  programs = {'matmul': device_speed.matmul(options.dtype)[0], **programs}
  seconds = {name: [] for name in programs}
  for _ in tqdm.trange(options.repeats, desc='infer', unit='round'):
    for name, call in programs.items():
      seconds[name].append(device_speed.seconds(call, at_least=1.0))
  return seconds


def table(options, batch: int, seconds: dict[str, list[float]]) -> str:
  """Markdown of one batch size: speeds, and shares of the reference's time."""
  spec = {
    'module': 'wav2lip.Generator',
    'width': options.width,
    'image_size': options.image_size,
  }
  flops = batch * describe.describe('generator', {'generator': spec}).flops
  peak = 2 * device_speed.SIDE**3 / np.array(seconds.pop('matmul'))
  theirs = {
    name.removeprefix(_REFERENCE): times
    for name, times in seconds.items()
    if name.startswith(_REFERENCE)
  }
  rows = [
    {
      f'batch {batch}, {options.image_size} px': name,
      'faces/s': benchmark_table.spread(batch / np.array(times)),
      'GFLOP/s': benchmark_table.spread(flops / np.array(times) / 1e9),
      '% of matmul': benchmark_table.spread(
        100 * flops / np.array(times) / peak
      ),
    }
    | benchmark_torch.shares(times, theirs)
    for name, times in seconds.items()
  ]
  note = (
    f'{benchmark_table.number(flops / 1e9)} GFLOP; 2048^3 matmul in '
    f'{options.dtype}: {benchmark_table.spread(peak / 1e9)} GFLOP/s.'
  )
  return f'{benchmark_table.table(rows)}\n\n{note}'
