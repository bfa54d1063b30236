"""Training steps with their data, and beside them the original's.

Ours is what a run does: the next batch from the shards, the copy, the step. The
original's (--reference) is its step alone, on a batch that is there already.
All take turns.
"""

import importlib
import pathlib
import tempfile
import time

import jax
import numpy as np
import tqdm

from lipsync_jax.training import device_speed
from tools import (
  benchmark_clips,
  benchmark_table,
  benchmark_torch,
  benchmark_torch_steps,
  benchmark_train_step,
)

# Shown beside what: the configs that are trained as the original trains.
_REFERENCES = {
  'expert:reference': 'expert',
  'wav2lip': 'wav2lip',
  'wav2lip:gan': 'wav2lip:gan',
}


def run(options) -> str:
  """Measures and returns the report."""
  from absl import flags

  flags.FLAGS.mark_as_parsed()  # grain reads a flag.
  models = options.reference and benchmark_torch.load(options.reference)
  device = jax.devices()[0]
  text = benchmark_table.machine(
    ('jax', 'flax', 'grain', *(['torch'] if models else [])),
    device=f'{device.platform}: {device.device_kind}',
  )
  parts = []
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    data = options.data or make_data(folder)
    for share in options.share:
      for name in options.config:
        training = _training(name, data, share, folder, options)
        theirs = {}
        if models and share == 1 and name in _REFERENCES:
          theirs = _theirs(models, name, options.batch_size)
        rows = _measure(training, theirs, options)
        parts.append(table(name, share, options, training, rows))
  return '\n\n'.join([*parts, text])


def make_data(folder: pathlib.Path) -> pathlib.Path:
  """Training and validation are the same clips: nothing is learnt here."""
  data = benchmark_clips.make_data(folder, 6)
  for path in data.glob('*-train.*'):
    copy = path.with_name(path.name.replace('-train.', '-validation.'))
    copy.write_bytes(path.read_bytes())
  return data


def _training(name, data, share, folder, options):
  config = _config(name, data, share, options)
  if 'expert' in config.pretrained and not name.startswith('expert'):
    expert = folder / f'expert_{share}'
    if not expert.exists():
      benchmark_train_step.write_expert(
        _config('expert:reference', data, share, options), expert
      )
    config.pretrained.expert = f'{expert}'
  return benchmark_train_step.Training(config)


def _config(name, data, share, options):
  module, _, variant = name.partition(':')
  config = importlib.import_module(f'configs.{module}').get_config(variant)
  config.data.directory = f'{data}'
  config.batch_size, config.dtype = options.batch_size, options.dtype
  for network in config.networks.values():
    if 'width' in network:
      network.width //= share
  return config


def _theirs(models, name, batch):
  kind = _REFERENCES[name]
  found = {}
  for setting in benchmark_torch_steps.SETTINGS:
    call = benchmark_torch_steps.step(models, kind, batch, setting)
    call()
    found[setting] = call
  return found


def _measure(training, theirs, options) -> dict[str, list[float]]:
  """Seconds a step by program, and of the matrix product."""
  product = device_speed.matmul(options.dtype)[0]
  seconds = {name: [] for name in ('matmul', 'ours', *theirs)}
  for _ in tqdm.trange(options.repeats, desc='train', unit='round'):
    seconds['matmul'].append(device_speed.seconds(product, at_least=1.0))
    seconds['ours'].append(training.seconds(options.steps))
    for name, call in theirs.items():
      begun = time.perf_counter()
      call()  # which reads its loss back
      seconds[name].append(time.perf_counter() - begun)
  return seconds


def table(name, share, options, training, seconds) -> str:
  """Markdown of one config: speeds, and shares of the reference's time."""
  peak = 2 * device_speed.SIDE**3 / np.array(seconds.pop('matmul'))
  ours = np.array(seconds['ours'])
  title = f'{name}, width {f"1/{share}" if share > 1 else "full"}'
  theirs = {k: v for k, v in seconds.items() if k != 'ours'}
  rows = []
  for program, times in seconds.items():
    times = np.array(times)
    mine = program == 'ours'
    row = {
      title: 'ours' if mine else f'PyTorch, {program}',
      's / step': benchmark_table.spread(times),
      'examples/s': benchmark_table.spread(options.batch_size / times),
    }
    rows.append(row | benchmark_torch.shares(times, theirs))
  published = device_speed.published(jax.devices()[0].device_kind)
  speeds = training.flops / ours
  notes = [
    f'{benchmark_table.number(training.flops / 1e9)} GFLOP a step: '
    f'{benchmark_table.spread(speeds / 1e9)} GFLOP/s, '
    f'{benchmark_table.spread(100 * speeds / peak)} % of a 2048^3 matmul in '
    f'{options.dtype}',
    'MFU '
    + (f'{100 * np.median(speeds) / published:.1f} %' if published else 'none')
    + ' by the published peak',
    f'waiting for data '
    f'{benchmark_table.spread(100 * np.array(training.waits), 2)} %',
    f'{benchmark_table.number(training.memory / 1e6)} MB a step',
    f'first step after {benchmark_table.number(training.first_step)} s',
  ]
  return f'{benchmark_table.table(rows)}\n\n{"; ".join(notes)}.'
