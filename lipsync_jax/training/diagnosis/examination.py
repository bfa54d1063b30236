"""All numbers of a run that a diagnosis is made from."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from lipsync_jax.training.diagnosis import (
  curve,
  generators,
  hearing,
  margin,
  material,
  probe,
  units,
)

# Of a run's own expert, area under the ROC curve from which on its ears are
# trusted.
_GOOD = 0.9


@dataclasses.dataclass(frozen=True)
class Subject:
  """A run, as far as it is known.

  Attributes:
    name: what people call it, e.g. its folder.
    family: see `family.Family`.
    source: the records looked at.
    split: their split.
    rows: of its log.
    step: of the state.
    params, model_state: by network; None before the first checkpoint.
  """

  name: str
  family: Any
  source: Sequence[bytes]
  split: str
  rows: list[dict[str, Any]]
  step: int = 0
  params: dict[str, Any] | None = None
  model_state: dict[str, Any] | None = None


def examine(
  subject: Subject,
  *,
  judge: Any = None,
  own: Any = None,
  batches: int = 4,
  records: int = material.RECORDS,
) -> dict[str, Any]:
  """The numbers; JSON-able but for nan, see `words.plain`.

  Args:
    subject: the run.
    judge: an expert that measures offsets, a `measure.Judge`; None: none does.
    own: the run's, which does it where there is no other: the one a generator
      listens to; an expert, if it is good and the records do not say their
      offsets.
    batches: of the run's size, that an expert is tried on.
    records: how many are read.

  Returns:
    run: its settings; data: their folder; damaged: how many records; curve: see
    `curve.read`; records: `material.read`; stored, measured:
    `hearing.summary`; probe: `margin.read`; network: `units.read`; generator:
    `generators.read`. None where not known.
  """
  family = subject.family
  task, config = family.task, family.config
  found = material.read(subject.source, records)
  facts = {
    'damaged': len(family.footage.damage),
    'run': _settings(subject),
    'data': config.data.directory,
    'curve': curve.read(subject.rows, task.trained[0]),
    'records': found,
    'stored': hearing.summary(found['offsets']),
    'measured': None,
    'probe': None,
    'network': None,
    'generator': generators.read(config, subject.rows),
  }
  if subject.params is not None:
    facts['network'] = units.read(
      {
        'params': {k: subject.params[k] for k in task.trained},
        'state': subject.model_state,
      }
    )
    if _is_expert(family):
      seen = probe.run(
        family,
        subject.params,
        subject.model_state,
        subject.source,
        batches=batches,
      )
      facts['probe'] = margin.read(seen, task.objective)
  # A generator's expert is asked anyhow: it is what it learns from.
  listens = facts['generator'] is not None
  good = facts['stored'] is None and _is_good(facts['probe'])
  if judge is None and (listens or good):
    judge = own
  if judge is not None:
    heard = hearing.read(judge, subject.source)
    facts['heard'] = heard
    facts['measured'] = hearing.summary(heard['offsets'])
    if facts['measured'] is None:
      facts['measured'] = dict(
        known=0, unknown=1.0, off=0.0, median=0.0, deviation=0.0, counts={}
      )
  return facts


def _is_expert(family: Any) -> bool:
  return 'expert' in family.task.trained and hasattr(family.task, 'objective')


def _is_good(found: dict[str, Any] | None) -> bool:
  return bool(found and found['pairs'] and found['pairs']['area'] > _GOOD)


def _settings(subject: Subject) -> dict[str, Any]:
  task, config = subject.family.task, subject.family.config
  return {
    'name': subject.name,
    'task': config.task,
    'step': subject.step,
    'split': subject.split,
    'objective': getattr(task, 'objective', None),
    'candidates': getattr(task, 'candidates', None),
    'batch_size': config.batch_size,
    'windows_per_clip': config.data.windows_per_clip,
    'other_clip': config.data.other_clip,
    'max_shift': config.data.max_shift,
    'stuck_after': config.stuck_after,
  }
