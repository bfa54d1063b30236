"""What checkpoints, logging and evaluation take of a run's time.

A short run that evaluates and logs far more often than the default gives what
one of each takes; the default config says how often they come. Those parts that
compile are left out: they come once in a run.
"""

import importlib
import pathlib
import tempfile
import time

import jax
import numpy as np

from configs import common
from lipsync_jax import checkpoint, metric_writer, train
from tools import benchmark_table, benchmark_train

_EVERY = 8  # steps between evaluations here
_ROUNDS = 4  # the first compiles, the last has no row after it
_LOGS = 4  # steps between rows
_PARTS = ('evaluating', 'saving', 'logging')


def run(options) -> str:
  """Measures and returns the report."""
  from absl import flags

  flags.FLAGS.mark_as_parsed()  # grain reads a flag.
  rows = []
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    data = options.data or benchmark_train.make_data(folder)
    for task in ('expert', 'wav2lip'):
      config = _config(task, data, folder / 'expert', options)
      state = train.train_and_evaluate(config, f'{folder / task}')
      rows.append(_row(folder / task, config, state))
  defaults = common.get_config()
  device = jax.devices()[0]
  return '\n\n'.join(
    [
      benchmark_table.table(rows),
      f'Seconds of one each; the share of a run that logs every '
      f'{defaults.log_every} steps and evaluates and saves every '
      f'{defaults.eval_every}, as by default. Background: writing the '
      'checkpoint while training goes on, not counted.',
      benchmark_table.machine(
        ('jax', 'flax', 'orbax-checkpoint'),
        device=f'{device.platform}: {device.device_kind}',
      ),
    ]
  )


def _config(task, data, expert, options):
  config = importlib.import_module(f'configs.{task}').get_config()
  config.data.directory = f'{data}'
  config.batch_size = options.batch_size
  config.log_every, config.eval_every = _LOGS, _EVERY
  config.num_steps = _ROUNDS * _EVERY
  for network in config.networks.values():
    network.width //= options.share
  if task == 'wav2lip':
    config.pretrained.expert = f'{expert}'
  return config


def _row(workdir: pathlib.Path, config, state) -> dict[str, str]:
  rows = metric_writer.read(workdir / 'metrics.jsonl')
  rows = [r for r in rows if 'time/seconds_per_step' in r]
  # The first evaluation is told in the row after it.
  rows = [r for r in rows if r['step'] > _EVERY + _LOGS]
  step = float(np.median([r['time/seconds_per_step'] for r in rows]))
  one = {}
  for part in _PARTS:
    name = f'time/{part}_seconds'
    one[part] = float(np.median([r[name] for r in rows if name in r]))
  defaults = common.get_config()
  per_step = (one['evaluating'] + one['saving']) / defaults.eval_every
  per_step += one['logging'] / defaults.log_every
  number = benchmark_table.number
  return {
    'config': config.task,
    'batch': f'{config.batch_size}',
    'seconds / step': number(step),
    **{part: number(one[part]) for part in _PARTS},
    'background': number(_background(workdir / 'again', state)),
    'share of a run, %': number(100 * per_step / (step + per_step), 2),
  }


def _background(folder: pathlib.Path, state) -> float:
  """Seconds until a checkpoint is on the disk."""
  saver = checkpoint.Checkpointer(folder, {}, best_metric='')
  begun = time.perf_counter()
  saver.save(1, state)
  saver.close()
  return time.perf_counter() - begun
