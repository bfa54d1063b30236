"""From confidences of faces to who speaks when."""

import collections
import dataclasses
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from input_pipeline import alignment
from lipsync_jax.judging import surest

STEP = 5  # frames
# A moment has speech if this share of half a second around it has; less is a
# lone noise, and the pauses between words are shorter.
_SPOKEN, _PAUSE = 0.2, alignment.FPS // 2
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


class Face(NamedTuple):
  """A face track.

  Attributes:
    row: as the preparation's manifest has it, with 'offset' and 'confidence'.
    first: its first frame that was measured.
    confidences: [n] float32 around each frame from there on; nan where the face
      is not seen.
    picture: a JPEG of it.
  """

  row: dict
  first: int
  confidences: np.ndarray
  picture: bytes


def find(faces: list[Face], speech: np.ndarray, level: float) -> list[Segment]:
  """Who speaks, five times a second, joined where the answer is the same.

  Args:
    faces: of the whole video.
    speech: [t] bool, at 25 frames a second.
    level: confidence that a face must have to speak.
  """
  return _segments(_answers(faces, speech, level), len(speech))


def _answers(
  faces: list[Face], speech: np.ndarray, level: float
) -> Iterator[tuple[str, Face | None]]:
  """Who speaks in every `STEP` frames."""
  seen = collections.defaultdict(list)
  for face in faces:
    for k in range(face.first // STEP, -(-_end(face) // STEP)):
      seen[k].append(face)
  for k in range(-(-len(speech) // STEP)):
    middle = min(k * STEP + STEP // 2, len(speech) - 1)
    around = slice(max(middle - _PAUSE // 2, 0), middle + _PAUSE // 2 + 1)
    if speech[around].mean() < _SPOKEN:
      yield NOBODY, None
      continue
    surest_face = _surest(seen.pop(k, []), middle, level)
    yield (SPEAKS if surest_face else UNDETERMINED), surest_face


def _surest(faces: list[Face], frame: int, level: float) -> Face | None:
  # All are seen now, for a second: neither's length counts.
  same = {'start': 0.0, 'end': 1.0, 'pieces': [{'frames': alignment.FPS}]}
  rows = []
  for k, face in enumerate(faces):
    if face.first <= frame < _end(face):
      value = float(face.confidences[frame - face.first])
      if value >= level:
        facts = {'track': k, 'stage': '', 'offset': 0, 'confidence': value}
        rows.append(same | facts)
  found = surest.among(rows)
  return faces[found[0]['track']] if found else None


def _end(face: Face) -> int:
  return face.first + len(face.confidences)


def _segments(answers, frames: int) -> list[Segment]:
  segments, first = [], 0
  for (who, _), run in itertools.groupby(answers, key=_same):
    run = list(run)
    end = min(first + STEP * len(run), frames)
    face, facts = run[0][1], {}
    if face is not None:
      here = face.confidences[max(first - face.first, 0) : end - face.first]
      facts = {
        'track': face.row['track'],
        'box': _box(face.row, first),
        'confidence': round(float(np.nanmean(here)), 4),
      }
    start, stop = (round(f / alignment.FPS, 2) for f in (first, end))
    segments.append(Segment(start, stop, who, **facts))
    first = end
  return segments


def _same(answer) -> tuple:
  who, face = answer
  return who, face and face.row['track']


def _box(row: dict, frame: int) -> list[float]:
  """The last square that the row tells of before a frame, or the first."""
  before = [box for first, *box in row['box'] if first <= frame]
  return before[-1] if before else row['box'][0][1:]
