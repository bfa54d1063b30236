"""Sync of a video file, measured by a trained expert.

Face track and chunks are made as `tools.prepare` makes them, so that an expert
sees what it was trained on.
"""

import collections
import os
from collections.abc import Callable, Sequence

from input_pipeline import media
from input_pipeline.preparation import prepare_video, speakers
from lipsync_jax.judging import measure as measure_lib
from lipsync_jax.judging import measurement


def measure(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  *,
  detect_every: int = prepare_video.Options.detect_every,
) -> measurement.Measurement:
  """Measures the most prominent face of every shot of a video, joined.

  Args:
    judge: the expert.
    path: any file PyAV reads.
    detector: finds the face, a `faces.Detector`.
    detect_every: look for it in every k-th frame.

  Raises:
    ValueError: the video cannot be used, or an argument makes no sense.
  """
  found = curves(judge, path, detector, detect_every=detect_every, of=_foremost)
  return judge.pool([curve for _, mine in found for curve in mine])


def curves(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  *,
  detect_every: int = prepare_video.Options.detect_every,
  of: Callable[[list[dict]], list[dict]] = list,
) -> list[tuple[dict, list[measure_lib.Curve]]]:
  """What an expert finds in each face track of a video.

  Args:
    judge, path, detector, detect_every: as there.
    of: chooses among the tracks, rows as the preparation's manifest has them.

  Returns:
    Rows, each with the curves of its chunks.

  Raises:
    ValueError: as there.
  """
  # Crops of the size that the expert's own data has, where it is known.
  stored = judge.description.get('data', {}).get('size')
  size = stored or max(prepare_video.Options.size, judge.image_size)
  found = prepare_video.prepare_video(
    path,
    prepare_video.Options(size=size, detect_every=detect_every, least_face=0),
    detector=detector,
  )
  if found.rows[0]['reason']:
    raise ValueError(f'{found.rows[0]["reason"]}.')
  rows = [row for row in of(found.rows) if row['pieces']]
  mine: list[list[measure_lib.Curve]] = [[] for _ in rows]
  owner = {
    piece['record']: k for k, row in enumerate(rows) for piece in row['pieces']
  }
  try:
    for record, chunk in enumerate(found.pieces):
      if record in owner:
        mine[owner[record]].append(judge.curve(chunk))
  except media.MediaError as error:  # It changed since it was looked at.
    raise ValueError(str(error)) from error
  return list(zip(rows, mine, strict=True))


def _foremost(rows: Sequence[dict]) -> list[dict]:
  """The most prominent face of every shot."""
  shots = collections.defaultdict(list)
  for row in rows:
    if row['pieces']:
      shots[row['shot']].append(row)
  chosen = []
  for tracks in shots.values():
    others = [row['track'] for row, _ in speakers.rivals(tracks, 'largest')]
    chosen += [row for row in tracks if row['track'] not in others]
  return chosen
