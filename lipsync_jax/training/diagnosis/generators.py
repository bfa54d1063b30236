"""What is wrong with a generator's training: its expert, or the closed gate."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

# An expert that finds fewer offsets of true clips has nothing to teach.
_FOUND = 0.6


def read(config: Any, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
  """Of a generator's log; None of other runs.

  Returns:
    gate: the validation sync loss that opens it, None if there is none; sync:
    that loss at the last validation, least_sync: the least; first_l1, l1.
  """
  judged = [row for row in rows if 'val/l1' in row]
  if not judged:
    return None
  gate = config.loss.get('sync_gate', math.inf)
  sync = [row['val/sync'] for row in judged if 'val/sync' in row]
  return {
    'gate': gate if math.isfinite(gate) else None,
    'sync': sync[-1] if sync else None,
    'least_sync': min(sync) if sync else None,
    'first_l1': judged[0]['val/l1'],
    'l1': judged[-1]['val/l1'],
    'validations': len(judged),
  }


def rules(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
  """(name, what it is, what to do), see `verdict.Finding`."""
  found, measured = facts['generator'], facts['measured']
  if found is None:
    return
  if measured:
    near = (1 - measured['off']) * (1 - measured['unknown'])
    if near < _FOUND:
      yield (
        'expert',
        f'The expert finds the offset of {near:.0%} of these true clips within '
        'a frame: what it says of drawn ones teaches little.',
        'Train a better expert (python -m tools.diagnose --workdir ITS_RUN '
        'says what is wrong with it).',
      )
  gate, least = found['gate'], found['least_sync']
  if gate is not None and least is not None and not least < gate:
    yield (
      'gate',
      f'The expert was never listened to: val/sync is {found["sync"]:.3f} and '
      f'was {least:.3f} at best in {found["validations"]} validations. The '
      f'gate opens below {gate:g}.',
      'Train on while val/l1 falls; --config.loss.sync_gate=inf opens it from '
      'the first step on.',
    )
