"""A diagnosis for people."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lipsync_jax.training.diagnosis import standing, verdict

_BARS = 24  # characters of the longest bar

Facts = Mapping[str, Any]


def report(facts: Facts, found: Sequence[verdict.Finding]) -> str:
  """The findings, then the numbers behind them.

  Args:
    facts: from `diagnosis.examine`.
    found: from `verdict.findings`.
  """
  run = facts['run']
  about = f', {run["objective"]}' if run['objective'] else ''
  lines = [
    f'{run["name"]} ({run["task"]}{about}), step {run["step"]}, split '
    f'{run["split"]} of {facts["data"]}',
    standing.headline(facts),
    '',
  ]
  if found:
    lines.append('Most likely cause first:')
    for k, finding in enumerate(found, 1):
      lines += [f'{k:2}. {finding.says}', f'    -> {finding.do}']
  else:
    lines.append('Nothing was found that is wrong.')
  for title, part in _PARTS.items():
    body = list(part(facts))
    if body:
      lines += ['', title, *(f'  {line}' for line in body)]
  return '\n'.join(lines)


def _curve(facts: Facts) -> Iterator[str]:
  curve = facts['curve']
  if not curve:
    return
  yield (
    f'loss {_number(curve["loss"])}, at first {_number(curve["first_loss"])}; '
    f'guessing {_number(standing.chance(facts))}'
  )
  yield (
    f'as it was since step {curve["still_since"]} of {curve["step"]}; '
    f'learning rate {_number(curve["learning_rate"])}, gradient norm '
    f'{_number(curve["gradient_norm"])}'
  )
  shown = ('loss', 'chance', 'accuracy', 'offset_accuracy_5', 'l1', 'sync')
  val = [f'{k} {_number(v)}' for k, v in curve['val'].items() if k in shown]
  if val:
    yield f'validation: {", ".join(val)}'


def _offsets(facts: Facts) -> Iterator[str]:
  for key, by in (('stored', 'stored'), ('measured', 'measured')):
    found = facts[key]
    if not found:
      continue
    yield (
      f'{by}: {found["known"]} known, {found["unknown"]:.0%} not; '
      f'{found["off"]:.0%} off by more than a frame, median '
      f'{found["median"]:+.1f}, spread {found["deviation"]:.2f} frames'
    )
    most = max(found['counts'].values(), default=1)
    for frame, count in found['counts'].items():
      bar = '#' * max(1, round(_BARS * count / most))
      yield f'{int(frame):+4} {bar} {count}'
  if not facts['stored']:
    yield 'stored: none, sync was not checked when the data were prepared'
  if not facts['measured']:
    yield 'measured: no; --expert RUN measures them with an expert'


def _pairs(facts: Facts) -> Iterator[str]:
  probe = facts['probe'] or {}
  if found := probe.get('pairs'):
    yield (
      f'true {_number(found["true"])}, false ({found["kind"]}) '
      f'{_number(found["false"])}: {found["separation"]:.2f} standard '
      f'deviations apart, AUC {found["area"]:.3f}, {found["windows"]} windows'
    )
    yield (
      f'{found["same"]:.1%} of the false pairs have the true sound or that of '
      'a frame away'
    )
  for name, spread in (probe.get('embeddings') or {}).items():
    yield (
      f'embeddings of {name}: spread {spread["deviation"]:.2f}, '
      f'{spread["rank"]:.1f} dimensions'
    )
  for name, found in probe.get('losses', {}).items():
    told = ', '.join(f'{k} {_number(v)}' for k, v in found.items())
    yield f'with {name} statistics: {told}'


def _batch(facts: Facts) -> Iterator[str]:
  run, found = facts['run'], facts['records']
  if facts['probe'] is not None or run['objective']:
    yield (
      f'{run["batch_size"]} clips x {run["windows_per_clip"]} windows; '
      f'candidates {run["candidates"]}, other_clip {run["other_clip"]}, '
      f'max_shift {run["max_shift"]}'
    )
  else:
    yield f'{run["batch_size"]} clips'
  yield (
    f'{found["records"]} records, {found["read"]} read: {found["clips"]} clips '
    f'of {found["speakers"]} speakers, {found["seconds"]:.1f} s each'
  )


def _network(facts: Facts) -> Iterator[str]:
  network = facts['network']
  if not network:
    yield 'no checkpoint yet'
    return
  layers = (facts['probe'] or {}).get('layers')
  if layers:
    dead = sum(count for count, _ in layers.values())
    total = sum(of for _, of in layers.values())
    worst = max(layers, key=lambda name: layers[name][0] / layers[name][1])
    yield (
      f'{dead} of {total} channels never fire, in {len(layers)} layers; most '
      f'in {worst}: {layers[worst][0]} of {layers[worst][1]}'
    )
  if network['still'] is not None:
    yield f'{network["still"]:.1%} of the running variances are nearly 0'
  yield f'{len(network["not_finite"])} arrays with numbers that are none'


def _records(facts: Facts) -> Iterator[str]:
  found = facts['records']
  yield (
    f'pictures: brightness {found["brightness"]:.0f}, contrast '
    f'{found["contrast"]:.0f} of 255; {found["flat_windows"]:.1%} of the '
    f'windows black or flat, {found["still_windows"]:.1%} without motion'
  )
  yield (
    f'sound: {found["silent_windows"]:.1%} of the windows silent, nothing is '
    f'said around {found["pauses"]:.0%} of the frames; {found["not_finite"]} '
    'records with numbers that are none'
  )


def _generator(facts: Facts) -> Iterator[str]:
  found = facts['generator']
  if found:
    yield (
      f'validation l1 {_number(found["l1"])}, at first '
      f'{_number(found["first_l1"])}; sync {_number(found["sync"])}, at best '
      f'{_number(found["least_sync"])}; the gate opens below '
      f'{_number(found["gate"])}'
    )
  if found and (heard := facts.get('heard')):
    sure = sum(heard['confidences']) / len(heard['confidences'])
    yield f"the expert's confidence on true clips: {sure:.3f}"


_PARTS = {
  'Curve': _curve,
  'Offsets of the sound, in frames (+: it leads)': _offsets,
  'Pairs': _pairs,
  'Batch': _batch,
  'Network': _network,
  'Records': _records,
  'Generator': _generator,
}


def _number(value: float | None) -> str:
  return '-' if value is None else f'{value:.4g}'


def plain(value: Any) -> Any:
  """The same for JSON, which has no nan: None."""
  if isinstance(value, dict):
    return {name: plain(part) for name, part in value.items()}
  if isinstance(value, list | tuple):
    return [plain(part) for part in value]
  return (
    None if isinstance(value, float) and not math.isfinite(value) else value
  )
