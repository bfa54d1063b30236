"""How a run stands: its loss beside that of guessing."""

from collections.abc import Mapping
from typing import Any

from lipsync_jax.training.diagnosis import plateau

Facts = Mapping[str, Any]
# Of a log that still moves so late, as noise does, it says nothing.
_LATE = 0.9


def chance(facts: Facts) -> float | None:
  """The loss of guessing; None where there is no such.

  Only of experts: readers of lips log a chance of another kind.
  """
  if facts['run']['objective'] is None:
    return None
  logged = (facts['curve'] or {}).get('chance')
  if logged is not None or facts['probe'] is None:
    return logged
  return facts['probe']['losses']['batch']['chance']


def is_stuck(facts: Facts) -> bool:
  """Whether the loss is that of guessing, or worse."""
  guessing, curve = chance(facts), facts['curve']
  if not curve or guessing is None:
    return False
  return not curve['loss'] < plateau.NEAR * guessing


def is_young(facts: Facts) -> bool:
  """Whether it has not had the steps after which the alarm would judge it."""
  return facts['curve']['step'] < facts['run']['stuck_after']


def headline(facts: Facts) -> str:
  """How the run stands, in a sentence."""
  curve, guessing = facts['curve'], chance(facts)
  if not curve:
    return 'It has logged no step yet.'
  loss = f'the loss is {curve["loss"]:.3f}'
  if guessing is None:
    return (
      f'At step {curve["step"]} {loss} ({curve["first_loss"]:.3f} at first).'
    )
  beside = f'{loss}, that of guessing {guessing:.3f}'
  if is_stuck(facts) and is_young(facts):
    return (
      f'It has learnt nothing yet: {beside}. It is judged after step '
      f'{facts["run"]["stuck_after"]} (stuck_after); this is {curve["step"]}.'
    )
  if is_stuck(facts):
    moved = ''
    if curve['still_since'] < _LATE * curve['step']:
      moved = (
        f', and it has not moved since step {curve["still_since"]} of '
        f'{curve["step"]}'
      )
    return f'It has learnt nothing: {beside}{moved}.'
  return f'It learns: {beside}.'
