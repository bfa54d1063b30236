"""An expert as commands load and name it."""

import os
from typing import Any

from input_pipeline import tracks


def load(
  run: str | os.PathLike, *, face_crop: str = tracks.FACE_CROP
) -> tuple[Any, dict[str, Any]]:
  """A `measure.Judge`, and what files it judged say of it; prints which it is.

  Args:
    run: its run folder.
    face_crop: convention of the faces it is going to see.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import compilation_cache
  from lipsync_jax.judging import measure, scorer

  compilation_cache.enable()
  judge = measure.load(run)
  about = scorer.describe(run, judge)
  print(
    f'Expert: {os.fspath(run)}, step {about["step"]}, trained by '
    f'{about["objective"]}.'
  )
  if judge.description['data'].get('face_crop') != face_crop:
    print(
      'Note: it learnt other face squares than the ones it is shown here, so '
      'offsets may be worse and numbers other than those of the tool it comes '
      'from.'
    )
  return judge, about


def load_scorer(run: str | os.PathLike, *, face_crop: str) -> Any:
  """The same as the preparation asks for it, a `scoring.Scorer`.

  Args:
    run, face_crop: see `load`.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  judge, about = load(run, face_crop=face_crop)
  from lipsync_jax.judging import scorer

  return scorer.Scorer(judge, about)
