"""What a cleaning found and did, for people."""

import collections
from collections.abc import Sequence

import numpy as np

from input_pipeline import clean


def distribution(scores: Sequence[tuple[float, float]]) -> str:
  """Deciles of the confidences and how far the offsets lie, for people."""
  offsets, confidences = np.transpose(scores)
  tenths = np.quantile(confidences, np.linspace(0, 1, 11))
  lines = [f'{len(offsets)} records; this share has a confidence of at most:']
  lines += [f'{10 * k:5d} %  {x:8.4f}' for k, x in enumerate(tenths)]
  lines.append('and this share an offset of at most:')
  for most in (0, 1, 2, 3, 5, 10, 15):
    share = (np.abs(offsets) <= most).mean()
    lines.append(f'{100 * share:5.1f} %  {most:3d} frames, either way')
  return '\n'.join(lines)


def summary(rows: Sequence[dict]) -> str:
  """What became of the training records, for people."""
  entries = [
    entry
    for row in rows
    for entry in row.get('sync', ())
    if row['split'] == clean.SPLIT
  ]
  reasons = collections.Counter(entry.get('dropped') for entry in entries)
  lines = [f'{reasons.pop(None, 0)} of {len(entries)} training records kept']
  lines += [f'  {n} dropped: {why}' for why, n in reasons.most_common()]
  lines.append('Other splits are measured, but kept whole.')
  return '\n'.join(lines)
