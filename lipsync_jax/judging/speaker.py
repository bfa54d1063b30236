"""Who speaks when: which face's lips fit the sound, second by second.

The rule is the preparation's (`surest`): of faces that are seen at the same
time the one that fits most surely. Here it decides five times a second, over
the second around each moment, at the one offset that the file has.
"""

import functools
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from input_pipeline import records
from input_pipeline.preparation import prepare_video
from lipsync_jax.judging import evidence, measure_video, surest, turns
from lipsync_jax.judging import measure as measure_lib
from lipsync_jax.metrics import sync, timeline

# What no other offset than the right one reaches, but for one in ten: a face
# that fits no better is not called the speaker.
_CHANCE = 0.9
_NEAR = 4  # frames from the right offset, within which chance is not measured


class Speakers(NamedTuple):
  """Who speaks in a video.

  Attributes:
    faces: all tracks.
    offset: frames by which the file's sound leads.
    level: confidence of a second that wrong offsets seldom reach; infinite
      where no face fits the sound at all.
    speech: [t] bool, at 25 frames a second.
    segments: in order, without gaps.
  """

  faces: list[turns.Face]
  offset: int
  level: float
  speech: np.ndarray
  segments: list[turns.Segment]


def find(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  *,
  detect_every: int = prepare_video.Options.detect_every,
) -> Speakers:
  """Finds out who speaks when.

  Args:
    judge, path, detector, detect_every: see `measure_video.measure`.

  Raises:
    SilentError: there is nothing to hear.
    ValueError: the video cannot be used, or an argument makes no sense.
  """
  look = functools.partial(_look, judge)
  seen = measure_video.tracks(
    judge, path, detector, look, detect_every=detect_every
  )
  proofs = [[proof for proof, _ in found] for found in seen.found]
  rows = [
    surest.with_sync(judge, row, [proof.curve for proof in found])
    for row, found in zip(seen.rows, proofs, strict=True)
  ]
  offset, sure = _common(judge, rows, proofs)
  faces, wrong = [], []
  for row, found, chunks in zip(rows, seen.found, proofs, strict=True):
    first, end = chunks[0].start, chunks[-1].start + chunks[-1].frames
    excess = evidence.frame_excess(chunks, first, end)
    wrong.append(_wrong(excess, offset))
    fits = timeline.at(excess, offset).copy()
    faces.append(turns.Face(row, first, fits, found[len(found) // 2][1]))
  level = np.inf
  if sure:
    level = float(np.quantile(np.concatenate(wrong), _CHANCE))
  return Speakers(
    faces=faces,
    offset=offset,
    level=level,
    speech=seen.speech,
    segments=turns.find(faces, seen.speech, level),
  )


def _common(judge, rows, proofs) -> tuple[int, bool]:
  """The file's offset, and whether it is more than chance.

  It is that of the surest face of every shot, joined.
  """
  chosen = {row['track'] for row in surest.of_shots(rows)}
  chunks = [
    proof
    for row, found in zip(rows, proofs, strict=True)
    if row['track'] in chosen
    for proof in found
  ]
  measured = judge.pool([chunk.curve for chunk in chunks])
  return measured.offset, measured.confidence > evidence.level(chunks)


def _look(judge, chunk: records.Chunk) -> tuple[evidence.Evidence, bytes]:
  return evidence.gather(judge, chunk), chunk.frames[chunk.num_frames // 2]


def _wrong(excess: np.ndarray, offset: int) -> np.ndarray:
  """[k] what wrong offsets reach, five times a second."""
  leads = sync.MAX_OFFSET - np.arange(2 * sync.MAX_OFFSET + 1)
  wrong = excess[:: turns.STEP, np.abs(leads - offset) > _NEAR].ravel()
  return wrong[~np.isnan(wrong)]
