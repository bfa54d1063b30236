"""How a data set's sounds lie beside its pictures, in an expert's ears."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from input_pipeline import records
from lipsync_jax.metrics import chance, sync
from lipsync_jax.training.diagnosis import material

RECORDS = 48  # each takes an expert 71 windows


def read(
  judge: Any, source: Sequence[bytes], count: int = RECORDS
) -> dict[str, Any]:
  """Offsets of records spread evenly over a split.

  Args:
    judge: an expert, a `measure.Judge`; asked for its `pairs`.
    source: the records.
    count: of them that are heard.

  Returns:
    offsets: frames by which the sound leads, nan where it is not surer than a
    wrong sound's would be (`metrics.chance`); confidences.
  """
  offsets, confidences = [], []
  for k in material.spread(len(source), count):
    chunk = records.parse(source[k])
    pairs = judge.pairs(chunk)
    totals = chance.totals(chance.band(pairs))
    found = float(chance.confidence(totals.curve))
    wrong = chance.level(chance.shuffled(pairs, seed=k))
    lead = sync.MAX_OFFSET - int(np.nanargmax(totals.curve))
    offsets.append(float(lead) if found > wrong else float('nan'))
    confidences.append(found)
  return {'offsets': offsets, 'confidences': confidences}


def summary(offsets: Sequence[float]) -> dict[str, Any] | None:
  """What a histogram of offsets says; None where none is known.

  Returns:
    known: how many; unknown: share of the rest; off: share of the known more
    than a frame away from 0; median, deviation: frames; counts: by frame, as
    text, least first.
  """
  values = np.asarray(offsets, float)
  known = values[np.isfinite(values)]
  if not len(known):
    return None
  frames, counts = np.unique(np.rint(known).astype(int), return_counts=True)
  return {
    'known': len(known),
    'unknown': float(1 - len(known) / len(values)),
    'off': float(np.mean(np.abs(known) > 1)),
    'median': float(np.median(known)),
    'deviation': float(known.std()),
    'counts': {str(k): int(n) for k, n in zip(frames, counts, strict=True)},
  }
