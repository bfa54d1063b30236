"""Which steps of a run are kept, in Orbax's words."""

from collections.abc import Callable

import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers as policies

from lipsync_jax.checkpoint import layout


def options(
  *,
  best_metric: str,
  best_mode: str,
  keep_last: int,
  written: Callable[[], None],
) -> ocp.CheckpointManagerOptions:
  """The newest steps and the best.

  Args:
    best_metric: the evaluation metric that decides which step is best.
    best_mode: 'min' or 'max'.
    keep_last: how many of the newest.
    written: called when all files of a step are written, before its folder gets
      its name.

  Raises:
    ValueError: there is no such mode, or nothing would be kept.
  """
  if best_mode not in ('min', 'max'):
    raise ValueError(f"best_mode is {best_mode!r}: 'min' or 'max'.")
  if keep_last < 1:
    raise ValueError(f'keep_checkpoints is {keep_last}: 1 or more.')
  metric = layout.metric(best_metric, best_mode)
  best = policies.BestN(
    get_metric_fn=metric,
    reverse=best_mode == 'min',
    n=1,
    keep_checkpoints_without_metrics=False,
  )
  return ocp.CheckpointManagerOptions(
    preservation_policy=policies.AnyPreservationPolicy(
      [policies.LatestN(keep_last), best]
    ),
    # Without best_fn orbax writes no metrics, and forgets the best step when
    # the run is started again.
    best_fn=metric,
    best_mode=best_mode,
    cleanup_tmp_directories=True,
    async_options=ocp.options.AsyncOptions(post_finalization_callback=written),
    **layout.FORMAT,
  )
