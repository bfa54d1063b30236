"""Who speaks in a video's own sound, found before it is dubbed."""

import itertools
import os
from collections.abc import Callable

from input_pipeline import alignment
from lipsync_jax.judging import measure, measure_video, surest


def find(
  video: str | os.PathLike, detector: Callable, expert: measure.Judge
) -> list[tuple[float, float, float, float, float]]:
  """Where the face is that speaks, for `choosers.Speaking`.

  Of the faces in a shot it is the one whose lips the expert finds most surely
  in the sound, as in the preparation of training data.

  Args:
    video: a file with sound.
    detector: see `input_pipeline.faces`.
    expert: measures sync.

  Returns:
    (begin, end, x, y, side): seconds of the video, pixels.

  Raises:
    ValueError: the video cannot be used for this, for instance without sound.
  """
  try:
    seen = measure_video.tracks(expert, video, detector, expert.curve)
  except ValueError as error:
    raise ValueError(
      f'{video}: who speaks cannot be told: {str(error).rstrip(".")}. Choose '
      'the face in another way.'
    ) from error
  rows = [
    surest.with_sync(expert, row, curves)
    for row, curves in zip(seen.rows, seen.found, strict=True)
  ]
  return [place for row in surest.of_shots(rows) for place in _places(row)]


def _places(row: dict):
  """The squares of a manifest's row, each valid until the next one's time."""
  times = [frame / alignment.FPS for frame, *_ in row['box']]
  times = [*(min(time, row['start']) for time in times[:1]), *times[1:]]
  spans = itertools.pairwise([*times, row['end']])
  for (begin, end), (_, *place) in zip(spans, row['box'], strict=True):
    yield begin, end, *place
