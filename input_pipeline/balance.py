"""Speakers heard more evenly than the footage has them.

A set where one person speaks most of the time teaches a network that person.
Clips of rarer speakers are therefore seen more often.
"""

from collections.abc import Sequence

import numpy as np

from input_pipeline import records


def speakers(source: Sequence[bytes]) -> list[str]:
  """Who speaks in each record."""
  return [records.parse(raw).speaker for raw in source]


def repeats(names: Sequence[str], strength: float) -> np.ndarray:
  """How often an epoch shows each record.

  Args:
    names: speaker of each record.
    strength: 0 shows every record once; 1 gives every speaker the share of the
      most frequent one; 0.5, between the two, makes shares grow with the square
      root of the number of records.

  Returns:
    [n] int, at least 1.

  Raises:
    ValueError: the strength is not within 0..1.
  """
  if not 0 <= strength <= 1:
    raise ValueError(f'balance_speakers is {strength}: choose 0 to 1.')
  _, which, counts = np.unique(names, return_inverse=True, return_counts=True)
  return np.rint((counts.max() / counts) ** strength).astype(int)[which]
