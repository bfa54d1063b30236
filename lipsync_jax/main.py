"""Trains any family: flags in, `train.train_and_evaluate` does the rest.

  python -m lipsync_jax.main --config=configs/expert.py --workdir=runs/expert \
    --config.data.directory=DIR
"""

import logging
import sys

import jax
from absl import app, flags
from absl import logging as absl_logging
from ml_collections import config_flags

from lipsync_jax import checkpoint, train

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'A file in configs/, e.g. configs/wav2lip.py:gan.'
)
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Where checkpoints, metrics and samples go; resumed if it '
  'holds a run.'
)  # fmt: skip


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'Unknown arguments: {argv[1:]}')
  absl_logging.set_verbosity(absl_logging.INFO)
  # Orbax reports every file it opens.
  logging.getLogger('orbax').setLevel(logging.ERROR)
  logging.info('JAX %s on %s', jax.__version__, jax.devices())
  try:
    train.train_and_evaluate(_CONFIG.value, _WORKDIR.value)
  except (ValueError, FileNotFoundError, checkpoint.CheckpointError) as error:
    if absl_logging.vlog_is_on(1):
      raise
    sys.exit(f'error: {error}')


def run() -> None:
  flags.mark_flags_as_required(['config', 'workdir'])
  app.run(main)


if __name__ == '__main__':
  run()
