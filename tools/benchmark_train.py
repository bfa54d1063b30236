"""How long training waits for data: `train.py` itself, its own meter.

A few steps of the real configs at 96 pixels, the expert first because Wav2Lip
listens to it. Readings that contain compilation or an evaluation are left out.
"""

import importlib
import pathlib
import tempfile

import jax

from lipsync_jax import metric_writer, train
from tools import benchmark_clips, benchmark_table

_READINGS = 3  # after the first, which is compilation


def run(options) -> str:
  """Measures and returns the report."""
  from absl import flags

  flags.FLAGS.mark_as_parsed()  # grain reads a flag.
  rows = []
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    data = options.data or make_data(folder)
    for share in options.share:
      expert = folder / f'expert_{share}'
      for task in ('expert', 'wav2lip'):
        workdir = folder / f'{task}_{share}'
        config = _config(task, data, share, expert, options)
        train.train_and_evaluate(config, f'{workdir}')
        rows.append(_row(workdir, config, share))
  device = jax.devices()[0]
  text = benchmark_table.machine(
    ('jax', 'flax', 'grain'), device=f'{device.platform}: {device.device_kind}'
  )
  return f'{benchmark_table.table(rows)}\n\n{text}'


def make_data(folder: pathlib.Path) -> pathlib.Path:
  """Training and validation are the same clips: nothing is learnt here."""
  data = benchmark_clips.make_data(folder, 6)
  for path in data.glob('*-train.*'):
    copy = path.with_name(path.name.replace('-train.', '-validation.'))
    copy.write_bytes(path.read_bytes())
  return data


def _config(task, data, share, expert, options):
  config = importlib.import_module(f'configs.{task}').get_config()
  config.data.directory = f'{data}'
  config.batch_size = options.batch_size
  config.log_every = options.steps
  config.num_steps = (1 + _READINGS) * options.steps
  config.eval_every = config.num_steps
  config.eval_batches = 1
  for network in config.networks.values():
    network.width //= share
  if task == 'wav2lip':
    config.pretrained.expert = f'{expert}'
  return config


def _row(workdir: pathlib.Path, config, share: int) -> dict[str, str]:
  name = 'time/data_wait_share'
  rows = [r for r in metric_writer.read(workdir / 'metrics.jsonl') if name in r]
  rows = rows[1:]
  waits = [100 * row[name] for row in rows]
  return {
    'config': config.task,
    'width': f'1/{share}' if share > 1 else 'full',
    'batch': f'{config.batch_size}',
    'seconds / step': benchmark_table.spread(
      [row['time/seconds_per_step'] for row in rows]
    ),
    'waiting for data, %': benchmark_table.spread(waits, 2),
  }
