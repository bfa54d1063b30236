"""From numbers to sentences: what is likely wrong, and what to do about it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lipsync_jax.training.diagnosis import (
  generators,
  learning_rules,
  network_rules,
  record_rules,
)

# Causes before what may be their effect.
_RULES = (record_rules, network_rules, learning_rules, generators)


class Finding(NamedTuple):
  """Something that is wrong.

  Attributes:
    name: for programs.
    says: what it is, a sentence with the numbers.
    do: what to do about it.
  """

  name: str
  says: str
  do: str


def findings(facts: Mapping[str, Any]) -> list[Finding]:
  """What is wrong, most likely cause first; [] of a run that is well.

  Args:
    facts: from `diagnosis.examine`.
  """
  return [Finding(*found) for part in _RULES for found in part.rules(facts)]
