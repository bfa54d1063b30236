"""Saving and restoring a run."""

import contextlib
import logging
import pathlib
from typing import Any

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers as policies

from lipsync_jax.checkpoint import layout

_LOG = logging.getLogger(__name__)


class Checkpointer:
  """Saves and restores one run."""

  @layout.quiet()
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
      pathlib.Path(workdir).absolute() / layout.FOLDER,
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
        **layout.FORMAT,
      ),
    )

  @layout.quiet()
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

  def best_step(self) -> int | None:
    return self._manager.best_step()

  @layout.quiet()
  def restore(self, state: Any) -> Any:
    """The newest state, in the shapes and shardings of `state`."""
    target = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
      state,
    )
    step = self.latest_step()
    _LOG.info('Resuming from step %d.', step)
    try:
      return self._read(step, target)
    except (ValueError, KeyError) as error:
      # Steps saved before the state had a field lack it; empty, it may be.
      there = {k: v for k, v in vars(target).items() if v != {}}
      with contextlib.suppress(ValueError, KeyError):
        return state.replace(**self._read(step, there))
      raise layout.CheckpointError(
        f'The checkpoint of step {step} does not fit this config. Use the '
        f'config the run was started with, or another --workdir. ({error})'
      ) from error

  def _read(self, step: int, target: Any) -> Any:
    return self._manager.restore(
      step, args=ocp.args.Composite(state=ocp.args.StandardRestore(target))
    )['state']

  @layout.quiet()
  def close(self) -> None:
    """Waits for saves under way."""
    self._manager.wait_until_finished()
    self._manager.close()
