"""An expert as commands load and name it."""

import os
from typing import Any

from input_pipeline import tracks


def load(run: str | os.PathLike) -> tuple[Any, dict[str, Any]]:
  """A `measure.Judge`, and what files it judged say of it; prints which it is.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import compilation_cache, measure, scorer

  compilation_cache.enable()
  judge = measure.load(run)
  about = scorer.describe(run, judge)
  print(
    f'Expert: {about["run"]}, step {about["step"]}, trained by '
    f'{about["objective"]}.'
  )
  if judge.description['data'].get('face_crop') != tracks.FACE_CROP:
    print(
      'Note: it learnt other face squares than the ones it is shown here '
      "(tools.prepare's), so offsets may be worse and numbers other than those "
      'of the tool it comes from.'
    )
  return judge, about


def load_scorer(run: str | os.PathLike) -> Any:
  """The same as the preparation asks for it, a `scoring.Scorer`.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  judge, about = load(run)
  from lipsync_jax import scorer

  return scorer.Scorer(judge, about)
