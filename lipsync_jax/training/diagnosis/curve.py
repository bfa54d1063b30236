"""What the log of a run says: loss against chance, since when, at what rate."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Of the rows, the share that is averaged to one point of the curve.
_SMOOTH = 0.1
# A curve that stays within this share of its end has not moved; nor has one
# that stays within so many standard errors of its points.
_STILL, _ERRORS = 0.02, 3.0

Rows = Sequence[Mapping[str, Any]]


def read(rows: Rows, network: str) -> dict[str, Any]:
  """Numbers of a run's log.

  Args:
    rows: of metrics.jsonl, see `metric_writer.read`.
    network: whose rate and gradients are asked for.

  Returns:
    {} before the first row of training. 'step', the last; 'loss', 'chance',
    mean of the last tenth; 'first_loss'; 'still_since', the step from which on
    the smoothed loss is what it is at the end, but for noise; 'learning_rate',
    'gradient_norm'; 'val', the last validation's metrics; 'curve', steps and
    smoothed losses. What was not logged is None.
  """
  trained = [row for row in rows if 'train/loss' in row]
  if not trained:
    return {}
  steps = [int(row['step']) for row in trained]
  losses = np.array([row['train/loss'] for row in trained])
  count = max(1, round(_SMOOTH * len(losses)))
  smooth = _moving_mean(losses, count)
  noise = np.diff(losses).std() / math.sqrt(2 * count) if count > 1 else 0.0
  room = max(_STILL * abs(smooth[-1]), _ERRORS * noise)
  near = np.abs(smooth - smooth[-1]) <= room
  moved = np.flatnonzero(~near)
  still = steps[moved[-1] + 1] if len(moved) else steps[0]
  judged = [row for row in rows if any(k.startswith('val/') for k in row)]
  val = judged[-1] if judged else {}
  return {
    'step': steps[-1],
    'loss': float(smooth[-1]),
    'first_loss': float(losses[0]),
    'still_since': still,
    'chance': _last(trained, 'train/chance', count),
    'learning_rate': _last(trained, f'train/{network}_learning_rate', 1),
    'gradient_norm': _last(trained, f'train/{network}_grad_norm', count),
    'val': {k[4:]: v for k, v in val.items() if k.startswith('val/')},
    'curve': [steps, smooth.tolist()],
  }


def _moving_mean(values: np.ndarray, count: int) -> np.ndarray:
  """[n] mean of each value and those before it, `count` or what there are."""
  sums = np.cumsum(np.concatenate([[0.0], values]))
  first = np.maximum(np.arange(1, len(values) + 1) - count, 0)
  last = np.arange(1, len(values) + 1)
  return (sums[last] - sums[first]) / (last - first)


def _last(rows: Rows, name: str, count: int) -> float | None:
  values = [row[name] for row in rows[-count:] if name in row]
  found = float(np.median(values)) if values else math.nan
  return found if math.isfinite(found) else None
