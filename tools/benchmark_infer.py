"""The generator as dubbing runs it, against the best this machine multiplies.

The floating-point operations are XLA's own count for the compiled program, and
the peak is a product of two 2048 x 2048 matrices, measured in the same rounds.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import tqdm

from lipsync_jax import networks
from lipsync_jax.models import wav2lip
from lipsync_jax.training import device_speed
from tools import benchmark_table


def run(options) -> str:
  """Measures and returns the report."""
  dtype = jnp.dtype(options.dtype)
  network = networks.make(
    {
      'module': 'wav2lip.Generator',
      'width': options.width,
      'image_size': options.image_size,
      'dtype': options.dtype,
    }
  )
  programs = {'matmul': device_speed.matmul(dtype)}
  for batch in options.batch_size:
    programs[batch] = _generator(network, batch, options.image_size)
  seconds = {name: [] for name in programs}
  for _ in tqdm.trange(options.repeats, desc='infer', unit='round'):
    for name, (call, _) in programs.items():
      seconds[name].append(device_speed.seconds(call))
  flops = {name: count for name, (_, count) in programs.items()}
  rows = _rows(options, seconds, flops)
  device = jax.devices()[0]
  machine = benchmark_table.machine(
    ('jax', 'jaxlib', 'flax'), device=f'{device.platform}: {device.device_kind}'
  )
  return f'{benchmark_table.table(rows)}\n\n{machine}'


def _generator(network, batch: int, size: int):
  """A call of the compiled generator on `batch` frames, and its operations."""
  mel = jnp.zeros((batch, 80, 16, 1))
  frames = jnp.zeros((batch, size, size, 3), jnp.uint8)
  face = jnp.zeros((batch, size, size, 6))
  shapes = jax.eval_shape(
    functools.partial(network.init, train=False), jax.random.key(0), mel, face
  )
  rng = np.random.default_rng(0)

  def fill(path, leaf):
    # Variances must be positive; all else is small, so that nothing overflows.
    noise = 0.02 * rng.standard_normal(leaf.shape, np.float32)
    variance = 'var' in jax.tree_util.keystr(path)
    return jnp.asarray(1 + abs(noise) if variance else noise)

  variables = jax.tree_util.tree_map_with_path(fill, shapes)

  def generate(variables, mel, faces, reference):
    unit = [x.astype(jnp.float32) / 255 for x in (faces, reference)]
    face = wav2lip.generator_input(*unit)
    made = network.apply(variables, mel, face, train=False)
    return jnp.rint(jnp.clip(made, 0, 1) * 255).astype(jnp.uint8)

  program = jax.jit(generate).lower(variables, mel, frames, frames).compile()
  return (
    lambda: program(variables, mel, frames, frames),
    program.cost_analysis()['flops'],
  )


def _rows(options, seconds, flops) -> list[dict[str, str]]:
  peaks = np.divide(flops['matmul'], seconds['matmul']) / 1e9
  rows = []
  for name, times in seconds.items():
    speeds = np.divide(flops[name], times) / 1e9
    frames = '' if name == 'matmul' else np.divide(name, times)
    rows.append(
      {
        'program': f'{device_speed.SIDE}^3 matmul'
        if name == 'matmul'
        else f'generator, batch {name}, {options.image_size} px',
        'dtype': options.dtype,
        'GFLOP': benchmark_table.number(flops[name] / 1e9),
        'frames/s': benchmark_table.spread(frames) if len(frames) else '',
        'GFLOP/s': benchmark_table.spread(speeds),
        '% of matmul': benchmark_table.spread(100 * speeds / peaks),
      }
    )
  return rows
