"""Which of several faces a sound belongs to: the one that fits most surely.

The rule is the preparation's, `speakers.rivals`.
"""

import collections
from collections.abc import Sequence

from input_pipeline.preparation import speakers
from lipsync_jax.judging import measure


def with_sync(judge: measure.Judge, row: dict, curves: Sequence) -> dict:
  """A track's row, as the manifest has it, with its offset and confidence.

  Args:
    judge: the expert.
    row: of the manifest.
    curves: `measure.Curve` of its chunks.
  """
  measured = judge.pool(curves)
  return row | {'offset': measured.offset, 'confidence': measured.confidence}


def among(rows: Sequence[dict]) -> list[dict]:
  """Those beside which no surer one is seen.

  Args:
    rows: of one shot, from `with_sync`.
  """
  others = [row['track'] for row, _ in speakers.rivals(rows, 'speaking')]
  return [row for row in rows if row['track'] not in others]


def of_shots(rows: Sequence[dict]) -> list[dict]:
  """The surest of every shot.

  Args:
    rows: of a video, from `with_sync`.
  """
  shots = collections.defaultdict(list)
  for row in rows:
    shots[row['shot']].append(row)
  return [row for mine in shots.values() for row in among(mine)]
