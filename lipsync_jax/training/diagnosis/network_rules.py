"""What is wrong with a network: no numbers, dead units, one embedding."""

from collections.abc import Iterator, Mapping
from typing import Any

Rule = Iterator[tuple[str, str, str]]

# Of a layer's channels; some dead ones are usual in ReLU networks.
_DEAD = 0.9
# Unit vectors this near their mean are one. A trained expert of ours: 0.82 and
# 19 dimensions.
_DEVIATION, _RANK = 0.05, 1.5
# Losses by chance: learnt in the eyes of the batch's statistics, not in those
# of the running ones.
_LEARNT, _LOST = 0.8, 0.95


def rules(facts: Mapping[str, Any]) -> Rule:
  """(name, what it is, what to do), see `verdict.Finding`."""
  network, probe = facts['network'], facts['probe']
  if network and network['not_finite']:
    wrong = network['not_finite']
    yield (
      'not_finite_network',
      f'{len(wrong)} arrays of the network hold numbers that are none (nan, '
      f'inf), among them {wrong[0]}.',
      'Start from a checkpoint before that, with a lower learning_rate and '
      'optimizer clip_norm=1.',
    )
    return
  if probe is None:
    return
  yield from _dead(probe['layers'])
  losses, guessing = probe['losses'], probe['losses']['batch']['chance']
  by_batch, by_running = (losses[k]['loss'] for k in ('batch', 'running'))
  if by_batch < _LEARNT * guessing and by_running > _LOST * guessing:
    yield (
      'statistics',
      f"With the batch's own statistics the loss is {by_batch:.3f}, with the "
      f'running ones of BatchNorm {by_running:.3f} (guessing: {guessing:.3f}).',
      'Train on: running statistics lag behind; or raise --config.batch_size.',
    )


def collapse(facts: Mapping[str, Any]) -> Rule:
  """Embeddings that are all alike; the effect of much that is wrong."""
  found = (facts['probe'] or {}).get('embeddings') or {}
  flat = {
    name: spread
    for name, spread in found.items()
    if spread['deviation'] < _DEVIATION or spread['rank'] < _RANK
  }
  if flat:
    words = ', '.join(
      f'{name} (spread {spread["deviation"]:.3f} of their length, '
      f'{spread["rank"]:.1f} dimensions)'
      for name, spread in flat.items()
    )
    yield (
      'collapsed',
      f'The embeddings are all alike: {words}.',
      'Often the effect of what stands above. If nothing does: a lower '
      'learning_rate with warmup_steps, or another seed.',
    )


def _dead(layers: Mapping[str, tuple[int, int]]) -> Rule:
  silent = [name for name, (count, of) in layers.items() if count >= _DEAD * of]
  if silent:
    count, of = layers[silent[0]]
    others = f' and in {len(silent) - 1} other layers' if silent[1:] else ''
    yield (
      'dead',
      f'{count} of the {of} channels of {silent[0]} never fire{others}: '
      'nothing passes there, and nothing is learnt before it.',
      'Start anew with a lower learning_rate and warmup_steps; if these layers '
      'came from another run, look at that one.',
    )
