"""Lowers the learning rates, or stops, when sync falls on held-out clips.

Minutes of one speaker are learnt by heart soon: mouths grow sharper while they
lose what other people taught them of sound. What a guard remembers lives in the
TrainState (`control`), so that a resumed run decides as one never stopped.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

# What validation says of sync, and which end of it is better.
_MODES = {
  'sync': 'min',
  'sync_confidence': 'max',
  'sync_cosine': 'max',
  'sync_offset_found': 'max',
}

Control = dict[str, float]


@dataclasses.dataclass(frozen=True)
class Guard:
  """When to lower rates, and when to stop.

  Attributes:
    metric: of the validation: 'sync', 'sync_confidence', 'sync_cosine' or
      'sync_offset_found'.
    tolerance: it has fallen where it is worse than its best, of which the start
      is one, by more than this share of the best.
    patience: so many evaluations in a row must say so.
    factor: then the rates of all trained networks are multiplied by this;
    max_reductions: after so many times, the run stops instead.

  Raises:
    ValueError: a number is out of its range, or the metric is unknown.
  """

  metric: str
  tolerance: float = 0.1
  patience: int = 2
  factor: float = 0.3
  max_reductions: int = 2

  def __post_init__(self):
    if self.metric not in _MODES:
      raise ValueError(
        f'guard.metric is {self.metric!r}: choose {", ".join(_MODES)}.'
      )
    for name, fine, range_ in (
      ('tolerance', 0 <= self.tolerance < math.inf, '0 or more'),
      ('patience', self.patience >= 1, '1 or more'),
      ('factor', 0 < self.factor < 1, 'between 0 and 1'),
      ('max_reductions', self.max_reductions >= 0, '0 or more'),
    ):
      if not fine:
        raise ValueError(
          f'guard.{name} is {getattr(self, name)}, not {range_}.'
        )

  def initial(self) -> Control:
    """What is remembered before the first evaluation.

    'rate' multiplies all updates; 'best' is the best value of the metric;
    'falls' counts evaluations in a row that were worse; 'reductions' how often
    the rate was lowered.
    """
    worst = math.inf if _MODES[self.metric] == 'min' else -math.inf
    return {'rate': 1.0, 'best': worst, 'falls': 0.0, 'reductions': 0.0}

  def judge(
    self, control: Mapping[str, Any], metrics: Mapping[str, float]
  ) -> Control:
    """What is remembered after an evaluation that gave `metrics`.

    Raises:
      ValueError: the metric is not among them.
    """
    if self.metric not in metrics:
      raise ValueError(
        f'guard.metric={self.metric!r} is none of what the validation '
        f'measures: {", ".join(sorted(metrics))}.'
      )
    value = metrics[self.metric]
    new = {name: float(x) for name, x in control.items()}
    if self._has_fallen(value, new['best']):
      new['falls'] += 1
    else:
      new['falls'] = 0.0
      better = min if _MODES[self.metric] == 'min' else max
      if not math.isnan(value):
        new['best'] = better(value, new['best'])
    enough = new['falls'] >= self.patience
    if enough and new['reductions'] < self.max_reductions:
      new['rate'] *= self.factor
      new['reductions'] += 1
      new['falls'] = 0.0
    return new

  def stops(self, control: Mapping[str, Any]) -> bool:
    """Whether the run is over: it fell once more than rates can be lowered."""
    return float(control['falls']) >= self.patience

  def _has_fallen(self, value: float, best: float) -> bool:
    if math.isinf(best):
      return False  # Where it starts; a start that is not finite is no level.
    room = self.tolerance * abs(best)
    # So written that nan is a fall.
    if _MODES[self.metric] == 'min':
      return not value <= best + room
    return not value >= best - room


def make(options: Mapping[str, Any], *, pretrained: bool) -> Guard | None:
  """The guard that `config.guard` describes; None where it names no metric.

  Args:
    options: fields of `Guard`.
    pretrained: the generator was trained before.

  Raises:
    ValueError: it was not, so there is no sync to hold it to; or see `Guard`.
  """
  if not options['metric']:
    return None
  if not pretrained:
    raise ValueError(
      'A guard holds a trained generator to its sync: give '
      "--config.pretrained.generator=RUN (or --config.guard.metric='')."
    )
  return Guard(**options)
