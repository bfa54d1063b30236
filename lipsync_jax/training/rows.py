"""What a run logs: a row of a step, a row of an evaluation."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lipsync_jax import metric_writer, optimizer, train_step, validate
from lipsync_jax.training import agreement


class UnknownMetricError(ValueError):
  """Known only once a validation was made: what was trained is not lost."""


def of_step(
  metrics: Mapping[str, Any],
  *,
  optimizers: Mapping[str, optimizer.OptimizerOptions],
  step: int,
  num_steps: int,
  damaged: int,
) -> dict[str, float]:
  """The row of a training step.

  Args:
    metrics: of the step, and of the time ('time/...').
    optimizers: by network, whose learning rates are told.
    step: steps done.
    num_steps: of the whole run.
    damaged: records found damaged.
  """
  row = {k if '/' in k else f'train/{k}': float(v) for k, v in metrics.items()}
  rate = row.get('train/guard_rate', 1.0)
  # A skipped step is none to the optimizer.
  taken = max(step - 1 - int(metrics['skipped_steps']), 0)
  for name, options in optimizers.items():
    schedule = optimizer.learning_rate(options, num_steps)
    row[f'train/{name}_learning_rate'] = rate * float(schedule(taken))
  if damaged:
    row['data/damaged_records'] = float(damaged)
  return finite(row)


def of_evaluation(
  validation: validate.Validation,
  state: Any,
  writer: metric_writer.Writer,
  *,
  step: int,
  best_metric: str,
) -> dict[str, float]:
  """Metrics of the held-out clips; pictures and a clip go to `writer`.

  Raises:
    UnknownMetricError: `best_metric` is none of them.
  """
  params = train_step.eval_params(state)
  # Of one host, as they decide what all do next.
  metrics = agreement.first_says(
    validation.metrics(params, state.model_state, state.loss_weights)
  )
  if best_metric and best_metric not in metrics:
    raise UnknownMetricError(
      f'best_metric={best_metric!r} is none of what the validation measures: '
      f'{", ".join(sorted(metrics))}. Step {step} is saved: start again with '
      'one of them.'
    )
  picture = validation.picture(params, state.model_state)
  if picture is not None:
    writer.write_images(step, {'samples': picture})
  if (clip := validation.sample()) is not None:
    writer.write_video(step, 'clip', *clip)
  return metrics


def finite(row: Mapping[str, float]) -> dict[str, float]:
  """Without what is no number, as of a skipped step: JSON has no others."""
  return {k: v for k, v in row.items() if np.isfinite(v)}
