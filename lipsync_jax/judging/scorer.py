"""An expert as the preparation asks for it: sync of face tracks."""

import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from input_pipeline import records
from input_pipeline.preparation import scoring
from lipsync_jax import networks
from lipsync_jax.judging import measure


class Scorer:
  """Measures tracks with a trained expert; see `scoring.Scorer`.

  Args:
    judge: the expert.
    about: what the data set says of it; JSON values.
  """

  def __init__(self, judge: measure.Judge, about: Mapping[str, Any]):
    self.about = dict(about)
    self._judge = judge
    self.fingerprint = networks.fingerprint(judge.variables, judge.similarity)

  def __call__(self, track: Iterable[records.Chunk]) -> scoring.Sync:
    curves = [self._judge.curve(chunk) for chunk in track]
    found = self._judge.pool(curves)
    return scoring.Sync(
      offset=found.offset,
      confidence=round(found.confidence, 4),
      pieces=[round(curve.excess(found.offset), 4) for curve in curves],
    )


def load(run: str | os.PathLike) -> Scorer:
  """The expert of a run folder.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  judge = measure.load(run)
  return Scorer(judge, describe(run, judge))


def describe(run: str | os.PathLike, judge: measure.Judge) -> dict[str, Any]:
  """What files that an expert judged say of it."""
  return {
    # Not its path, which means nothing elsewhere.
    'run': pathlib.Path(run).name,
    'step': judge.description['step'],
    'objective': judge.description['objective'],
  }
