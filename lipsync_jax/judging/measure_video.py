"""Sync of a video file, measured by a trained expert.

Face track and chunks are made as `tools.prepare` makes them, so that an expert
sees what it was trained on.
"""

import functools
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from input_pipeline import media, records
from input_pipeline.preparation import prepare_video, track_scores
from lipsync_jax.judging import evidence, judgement, surest
from lipsync_jax.judging import measure as measure_lib
from lipsync_jax.metrics import timeline


class Tracks(NamedTuple):
  """The face tracks of a video with their sound.

  Attributes:
    rows: as the preparation's manifest has them.
    found: of each row, what was found in its chunks.
    speech: [frames] bool, whether a frame's sound is loud enough to be speech.
  """

  rows: list[dict]
  found: list[list[Any]]
  speech: np.ndarray

  @property
  def frames(self) -> int:
    """Of the video, at 25 a second."""
    return self.rows[0]['frames']


class SilentError(ValueError):
  """A video in which there is nothing to hear."""


def measure(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  *,
  detect_every: int = prepare_video.Options.detect_every,
) -> judgement.Judgement:
  """Measures a video by one face of every shot, joined.

  Where several are seen it is the one that fits the sound most surely: the
  largest need not be the one that speaks.

  Args:
    judge: the expert.
    path: any file PyAV reads.
    detector: finds the face, a `faces.Detector`.
    detect_every: look for it in every k-th frame.

  Raises:
    ValueError: the video cannot be used, or an argument makes no sense.
  """
  try:
    seen = tracks(
      judge,
      path,
      detector,
      functools.partial(evidence.gather, judge),
      detect_every=detect_every,
    )
  except SilentError:
    return judgement.silent()
  chunks = _surest(judge, seen)
  measured = judge.pool([chunk.curve for chunk in chunks])
  excess = evidence.frame_excess(chunks, 0, seen.frames)
  shown = np.zeros(seen.frames, bool)
  for chunk in chunks:
    shown[chunk.start : chunk.start + chunk.frames] = True
  return judgement.Judgement(
    measured=measured,
    level=evidence.level(chunks),
    speech=seen.speech,
    seen=shown,
    frame_confidence=timeline.at(excess, measured.offset),
  )


def tracks(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  look: Callable[[records.Chunk], Any],
  *,
  detect_every: int = prepare_video.Options.detect_every,
) -> Tracks:
  """What is found in each face track of a video, one chunk at a time.

  Args:
    judge, path, detector, detect_every: as there.
    look: called for every chunk.

  Raises:
    SilentError: there is nothing to hear.
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
  if reason := found.rows[0]['reason']:
    silent = reason == prepare_video.SILENT
    raise (SilentError if silent else ValueError)(f'{reason}.')
  rows = [row for row in found.rows if row['pieces']]
  mine: list[list[Any]] = [[] for _ in rows]
  owner = {
    piece['record']: k for k, row in enumerate(rows) for piece in row['pieces']
  }
  try:
    for record, chunk in enumerate(found.pieces):
      if record in owner:
        mine[owner[record]].append(look(chunk))
  except media.MediaError as error:  # It changed since it was looked at.
    raise ValueError(str(error)) from error
  if not rows:
    raise ValueError('no face is seen for 0.6 s.')
  speech = np.zeros(rows[0]['frames'], bool)
  heard = track_scores.speaking(found.sound)[: len(speech)]
  speech[: len(heard)] = heard
  return Tracks(rows, mine, speech)


def _surest(judge: measure_lib.Judge, seen: Tracks) -> list[evidence.Evidence]:
  """The chunks of the face of every shot that fits the sound most surely."""
  rows = [
    surest.with_sync(judge, row, [chunk.curve for chunk in found])
    for row, found in zip(seen.rows, seen.found, strict=True)
  ]
  chosen = {row['track'] for row in surest.of_shots(rows)}
  return [
    chunk
    for row, found in zip(rows, seen.found, strict=True)
    if row['track'] in chosen
    for chunk in found
  ]
