"""One training run from start to end."""

import contextlib
import pathlib
from typing import Any

from lipsync_jax import pretrained, train_state
from lipsync_jax.training import agreement, hosts, interruption, same_run
from lipsync_jax.training import folder as folder_lib
from lipsync_jax.training import parts as parts_lib
from lipsync_jax.training import run as run_lib


def train_and_evaluate(config: Any, workdir: str) -> train_state.TrainState:
  """Trains until `config.num_steps`, from where `workdir` left off.

  Where the parameters come from, in this order: the newest checkpoint in
  `workdir` that is whole; else the networks of `config.pretrained`; else the
  seed.

  Args:
    config: an ml_collections.ConfigDict, see configs/common.py.
    workdir: checkpoints/, metrics.jsonl, samples/, config.json and run.json go
      here.

  Returns:
    The final state.

  Raises:
    FileNotFoundError: there is no such data.
    OSError: the folder cannot be written.
    ValueError: a field does not fit the data, the devices or a checkpoint; or
      another run is at work in the folder.
    FloatingPointError: too many steps in a row were not finite; a state of
      before the first of them is saved.
    interruption.Stopped: SIGTERM or Ctrl-C came, and the run is saved.
  """
  if '://' in workdir:
    raise ValueError(
      f'--workdir={workdir} is an address; give a folder. A bucket that is '
      'mounted as one will do.'
    )
  path = pathlib.Path(workdir)
  same_run.check(config, path)
  with agreement.together():
    parts = parts_lib.Parts(pretrained.at_hand(config, path))
  with contextlib.ExitStack() as stack:
    with agreement.together():
      folder = stack.enter_context(
        folder_lib.hold(path, num_steps=config.num_steps, writes=hosts.first())
      )
    wish = stack.enter_context(interruption.Interruption(hosts.own_signals()))
    run = stack.enter_context(run_lib.Run(config, parts, folder, wish))
    folder.note_config(config.to_json_best_effort(indent=2))
    return run.loop()
