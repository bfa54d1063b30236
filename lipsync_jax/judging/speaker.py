"""Who speaks when: which face's lips fit the sound, second by second.

The rule is the preparation's (`surest`): of faces that are seen at the
same time the one that fits most surely. Here it decides five times a second,
over the second around each moment, at the one offset that the file has.
"""

import dataclasses
import functools
import itertools
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from input_pipeline import alignment, records
from input_pipeline.preparation import prepare_video
from lipsync_jax.judging import evidence, measure_video, surest
from lipsync_jax.judging import measure as measure_lib
from lipsync_jax.metrics import sync, timeline

STEP = 5  # frames
# A moment has speech if this share of half a second around it has; less is a
# lone noise, and the pauses between words are shorter.
_SPOKEN, _PAUSE = 0.2, alignment.FPS // 2
# What no other offset than the right one reaches, but for one in ten: a face
# that fits no better is not called the speaker.
_CHANCE = 0.9
_NEAR = 4  # frames from the right offset, within which chance is not measured
SPEAKS, NOBODY, UNDETERMINED = 'speaks', 'nobody', 'undetermined'


@dataclasses.dataclass(frozen=True)
class Segment:
  """A time with one answer.

  Attributes:
    start, end: seconds.
    who: 'speaks', 'nobody' (there is no speech) or 'undetermined' (no face
      that is seen fits what is heard).
    track: which face speaks, else None.
    box: its square at the start, [cx, cy, side] in pixels, else None.
    confidence: mean over the time, else None.
  """

  start: float
  end: float
  who: str
  track: int | None = None
  box: list[float] | None = None
  confidence: float | None = None


class Speakers(NamedTuple):
  """Who speaks in a video.

  Attributes:
    rows: of the face tracks, as the preparation's manifest has them, with
      'offset' and 'confidence' of each.
    offset: frames by which the file's sound leads.
    level: confidence of a second that wrong offsets seldom reach; infinite
      where no face fits the sound at all.
    speech: [t] bool, at 25 frames a second.
    confidences: [tracks, t] float32 around each frame; nan where a face is not
      seen.
    segments: in order, without gaps.
    faces: a JPEG of each track.
  """

  rows: list[dict]
  offset: int
  level: float
  speech: np.ndarray
  confidences: np.ndarray
  segments: list[Segment]
  faces: list[bytes]


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
  excess = [evidence.frame_excess(found, seen.frames) for found in proofs]
  offset, sure = _common(judge, rows, proofs)
  confidences = np.stack([timeline.at(each, offset) for each in excess])
  level = _level(excess, offset) if sure else np.inf
  answers = [
    _answer(rows, confidences, seen.speech, frame, level)
    for frame in range(0, seen.frames, STEP)
  ]
  return Speakers(
    rows=rows,
    offset=offset,
    level=level,
    speech=seen.speech,
    confidences=confidences,
    segments=_segments(answers, rows, confidences),
    faces=[found[len(found) // 2][1] for found in seen.found],
  )


def _common(judge, rows, proofs) -> tuple[int, bool]:
  """The file's offset, and whether it is more than chance.

  It is that of the surest face of every shot, joined.
  """
  chosen = [row['track'] for row in surest.of_shots(rows)]
  chunks = [
    proof
    for row, found in zip(rows, proofs, strict=True)
    if row['track'] in chosen
    for proof in found
  ]
  measured = judge.pool([chunk.curve for chunk in chunks])
  return measured.offset, measured.confidence >= evidence.level(chunks)


def _look(judge, chunk: records.Chunk) -> tuple[evidence.Evidence, bytes]:
  return evidence.gather(judge, chunk), chunk.frames[chunk.num_frames // 2]


def _level(excess: list[np.ndarray], offset: int) -> float:
  leads = sync.MAX_OFFSET - np.arange(2 * sync.MAX_OFFSET + 1)
  wrong = [each[:, np.abs(leads - offset) > _NEAR].ravel() for each in excess]
  wrong = np.concatenate(wrong)
  return float(np.quantile(wrong[~np.isnan(wrong)], _CHANCE))


def _answer(rows, confidences, speech, frame: int, level: float):
  """(who, track) of the `STEP` frames from this one on."""
  middle = min(frame + STEP // 2, len(speech) - 1)
  around = slice(max(middle - _PAUSE // 2, 0), middle + _PAUSE // 2 + 1)
  if speech[around].mean() < _SPOKEN:
    return NOBODY, None
  here = [
    row | {'confidence': float(confidence), 'stage': ''}
    for row, confidence in zip(rows, confidences[:, middle], strict=True)
    if confidence >= level
  ]
  # All are seen now, for a second: neither's length counts.
  same = {'start': 0.0, 'end': 1.0, 'pieces': [{'frames': alignment.FPS}]}
  found = surest.among([row | same for row in here])
  return (SPEAKS, found[0]['track']) if found else (UNDETERMINED, None)


def _segments(answers, rows, confidences) -> list[Segment]:
  by_track = {row['track']: k for k, row in enumerate(rows)}
  segments, frame = [], 0
  for (who, track), run in itertools.groupby(answers):
    end = min(frame + STEP * len(list(run)), confidences.shape[1])
    facts = {}
    if track is not None:
      k = by_track[track]
      facts = {
        'track': track,
        'box': _box(rows[k], frame),
        'confidence': round(float(np.nanmean(confidences[k, frame:end])), 4),
      }
    start, stop = (round(f / alignment.FPS, 2) for f in (frame, end))
    segments.append(Segment(start, stop, who, **facts))
    frame = end
  return segments


def _box(row: dict, frame: int) -> list[float]:
  """The last square that the row tells of before a frame, or the first."""
  before = [box for first, *box in row['box'] if first <= frame]
  return before[-1] if before else row['box'][0][1:]
