"""Checkpoints: the best and the last, atomic, complete in themselves.

The only file that knows orbax. A checkpoint holds the whole TrainState, frozen
networks included, and a JSON description that says how to build the networks
again, so it can be used without the config that made it.
"""

import logging
import pathlib
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers as policies

_LOG = logging.getLogger(__name__)

_FOLDER = 'checkpoints'
# Readers must name steps as the writer did, or orbax finds none.
_FORMAT = {'step_format_fixed_length': 8}


class CheckpointError(ValueError):
  """A checkpoint that is missing or does not fit, with what to do."""


class Checkpointer:
  """Saves and restores one run."""

  def __init__(
    self,
    workdir: str | pathlib.Path,
    description: dict[str, Any],
    *,
    best_metric: str,
    best_mode: str = 'min',
    keep_last: int = 1,
  ):
    """Opens `workdir`/checkpoints.

    Args:
      workdir: of the run.
      description: JSON-able; stored with every step.
      best_metric: the evaluation metric that decides which step is best.
      best_mode: 'min' or 'max'.
      keep_last: how many of the newest steps are kept besides the best.
    """
    if best_mode not in ('min', 'max'):
      raise ValueError(f"best_mode is {best_mode!r}: 'min' or 'max'.")
    self._description = description | {
      'best_metric': best_metric,
      'best_mode': best_mode,
    }

    def metric(metrics):
      return metrics[best_metric]

    self._manager = ocp.CheckpointManager(
      pathlib.Path(workdir).absolute() / _FOLDER,
      options=ocp.CheckpointManagerOptions(
        preservation_policy=policies.AnyPreservationPolicy(
          [
            policies.LatestN(keep_last),
            policies.BestN(
              get_metric_fn=metric,
              reverse=best_mode == 'min',
              n=1,
              keep_checkpoints_without_metrics=False,
            ),
          ]
        ),
        # Without best_fn orbax writes no metrics, and forgets the best step
        # when the run is started again.
        best_fn=metric,
        best_mode=best_mode,
        cleanup_tmp_directories=True,
        **_FORMAT,
      ),
    )

  def save(
    self, step: int, state: Any, metrics: dict[str, float] | None = None
  ) -> None:
    """Starts saving in the background; the state may be donated at once."""
    self._manager.save(
      step,
      args=ocp.args.Composite(
        state=ocp.args.StandardSave(state),
        description=ocp.args.JsonSave(self._description),
      ),
      metrics=metrics,
    )

  def latest_step(self) -> int | None:
    return self._manager.latest_step()

  def restore(self, state: Any) -> Any:
    """The newest state, in the shapes and shardings of `state`."""
    target = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
      state,
    )
    step = self.latest_step()
    _LOG.info('Resuming from step %d.', step)
    try:
      return self._manager.restore(
        step, args=ocp.args.Composite(state=ocp.args.StandardRestore(target))
      )['state']
    except (ValueError, KeyError) as error:
      raise CheckpointError(
        f'The checkpoint of step {step} does not fit this config. Use the '
        f'config the run was started with, or another --workdir. ({error})'
      ) from error

  def close(self) -> None:
    """Waits for saves under way."""
    self._manager.wait_until_finished()
    self._manager.close()


def describe(workdir: str | pathlib.Path) -> dict[str, Any]:
  """The description of the step `load_network` reads, with 'step' added.

  Raises:
    CheckpointError: no checkpoint there.
  """
  step, description = _choose_step(_folder(workdir))
  return description | {'step': step}


def load_network(
  workdir: str | pathlib.Path, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
  """Reads one network of a finished or running training.

  Args:
    workdir: of the run; its best step is read (the newest if none is known).
    name: of the network, e.g. 'expert' or 'generator'.

  Returns:
    ({'params', 'batch_stats', ...} as numpy arrays, with the averaged
    parameters where the run kept them; the description stored beside them,
    with 'step' added).

  Raises:
    CheckpointError: no checkpoint there, or no such network in it.
  """
  folder = _folder(workdir)
  step, description = _choose_step(folder)
  path = folder / f'{step:08d}' / 'state'
  with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer:
    stored = checkpointer.metadata(path).item_metadata.tree
    if name not in stored['params']:
      raise CheckpointError(
        f'{workdir} holds the networks {sorted(stored["params"])}, '
        f'not {name!r}.'
      )
    wanted = {
      part: {name: stored[part][name]}
      for part in ('params', 'ema_params', 'model_state')
      if name in stored.get(part, {})
    }
    tree = checkpointer.restore(
      path,
      args=ocp.args.PyTreeRestore(
        item=wanted,
        restore_args=jax.tree.map(
          lambda _: ocp.RestoreArgs(restore_type=np.ndarray), wanted
        ),
        partial_restore=True,
      ),
    )
  params = tree.get('ema_params', tree['params'])[name]
  state = tree.get('model_state', {}).get(name, {})
  return {'params': params, **state}, description | {'step': step}


def _folder(workdir: str | pathlib.Path) -> pathlib.Path:
  folder = pathlib.Path(workdir).absolute() / _FOLDER
  if not folder.is_dir():
    raise CheckpointError(
      f'No checkpoints in {workdir}. Give the --workdir of a training run.'
    )
  return folder


def _choose_step(folder: pathlib.Path) -> tuple[int, dict[str, Any]]:
  """The best finished step and its description."""

  def describe(manager, step):
    return manager.restore(
      step, args=ocp.args.Composite(description=ocp.args.JsonRestore())
    )['description']

  options = {'read_only': True, **_FORMAT}
  with ocp.CheckpointManager(
    folder, options=ocp.CheckpointManagerOptions(**options)
  ) as manager:
    latest = manager.latest_step()
    if latest is None:
      raise CheckpointError(f'No finished checkpoint in {folder.parent}.')
    description = describe(manager, latest)
  options['best_fn'] = lambda metrics: metrics[description['best_metric']]
  options['best_mode'] = description['best_mode']
  with ocp.CheckpointManager(
    folder, options=ocp.CheckpointManagerOptions(**options)
  ) as manager:
    best = manager.best_step()
    if best is None:
      return latest, description
    return best, describe(manager, best)
