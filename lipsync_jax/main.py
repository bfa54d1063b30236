r"""Trains any family: flags in, `train.train_and_evaluate` does the rest.

  python -m lipsync_jax.main --config=configs/expert.py --workdir=runs/expert \
    --config.data.directory=DIR

Ends with 0: trained to the end; 1: an error, told in a line; 2: a wrong command
line; 143 (SIGTERM) or 130 (Ctrl-C): stopped and saved. After any of them, and
after a power cut, the same command goes on where the run is saved.
"""

import logging
import os
import sys

import jax
from absl import app, flags
from absl import logging as absl_logging
from tqdm.contrib import logging as tqdm_logging

from lipsync_jax import compilation_cache, config_flag, train
from lipsync_jax.training import hosts, interruption, launch

_LOG = logging.getLogger('lipsync_jax.main')

_CONFIG = config_flag.define()
flags.declare_key_flag(config_flag.NAME)
launch.define()
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Where checkpoints, metrics and samples go; resumed if it '
  'holds a run.'
)  # fmt: skip


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    print(f'error: Unknown arguments: {" ".join(argv[1:])}', file=sys.stderr)
    sys.exit(2)
  # Orbax reports every file it opens, through absl.
  absl_logging.set_verbosity(absl_logging.ERROR)
  try:
    launch.start(launch.from_flags())
  except (ValueError, OSError) as error:
    sys.exit(f'error: {error}')
  with hosts.ending_together():
    _main()


def _main() -> None:
  ours = [logging.getLogger(n) for n in ('lipsync_jax', 'input_pipeline')]
  for log in ours:
    log.setLevel(logging.INFO if hosts.first() else logging.WARNING)
    log.addHandler(logging.StreamHandler())
    log.propagate = False
  compilation_cache.enable()
  _LOG.info('JAX %s on %s', jax.__version__, jax.devices())
  try:
    with tqdm_logging.logging_redirect_tqdm(ours):
      train.train_and_evaluate(
        # Agents of W&B sweeps name runs by a variable.
        _CONFIG.value,
        os.path.expandvars(_WORKDIR.value),
      )
  except interruption.Stopped as stopped:
    print(stopped, file=sys.stderr)
    sys.exit(128 + stopped.signal)
  except (ValueError, OSError, FloatingPointError) as error:
    _LOG.debug('Where it happened:', exc_info=True)
    sys.exit(f'error: {error}')


def run() -> None:
  flags.mark_flags_as_required(['config', 'workdir'])
  app.run(main, flags_parser=config_flag.parse_or_exit)


if __name__ == '__main__':
  run()
