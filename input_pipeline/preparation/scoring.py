"""Sync of all candidates, measured once, and what chance would measure."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tqdm

from input_pipeline import alignment, records
from input_pipeline.preparation import candidates

# Faces with the sound of somebody else that tell what confidence is chance.
_PAIRS = 100
_FEWEST = 8
_PAIR_FRAMES = 25  # shorter pieces are left out of it


@dataclasses.dataclass(frozen=True)
class Sync:
  """What an expert measures of one track.

  Attributes:
    offset: frames by which the sound leads the picture.
    confidence: of that offset, on the expert's scale.
    pieces: of each chunk, how far the likeness of sound and picture at the
      track's offset is above the chunk's median.
  """

  offset: int
  confidence: float
  pieces: Sequence[float]


class Scorer(Protocol):
  """Measures tracks.

  Attributes:
    fingerprint: names the expert's weights.
    about: run, step and objective, for people; JSON values.
  """

  fingerprint: str
  about: Mapping[str, Any]

  def __call__(self, track: Sequence[records.Chunk]) -> Sync: ...


@dataclasses.dataclass(frozen=True)
class Chance:
  """Confidences of faces with a sound that is not theirs.

  Attributes:
    pairs: how many were measured.
    mean, std: of their confidences.
    frames: mean length of a pair.
  """

  pairs: int
  mean: float
  std: float
  frames: float

  def threshold(self, frames: int) -> float:
    """The confidence that chance hardly reaches with so many frames.

    Two standard deviations above the mean, which a few in a hundred reach; and
    of those, more than half have an offset that is dropped for itself. Both
    fall with the square root of the length, as means of random similarities do:
    a small expert found 0.18, 0.15, 0.11 and 0.066 on average in 25, 40, 74 and
    225 frames of GRID faces with others' sounds, and 0.28 with their own.
    """
    return (self.mean + 2 * self.std) * (self.frames / frames) ** 0.5


def score(rows: Sequence[dict], stores, scorer: Scorer) -> None:
  """Writes 'offset' and 'confidence' into the rows of all stored tracks.

  What was measured before by the same expert is not measured again.

  Args:
    rows: of the manifest; changed.
    stores: name -> `candidates.Store`.
    scorer: measures.

  Raises:
    OSError: a result cannot be written.
    ValueError: a candidate is damaged.
  """
  tracks = [row for row in rows if row['pieces']]
  total = sum(len(row['pieces']) for row in tracks)
  by_store: dict[str, list[dict]] = {}
  for row in tracks:
    by_store.setdefault(row['store'], []).append(row)
  with tqdm.tqdm(total=total, desc='sync', unit='piece') as bar:
    for name, mine in by_store.items():
      score_store(mine, stores[name], scorer)
      bar.update(sum(len(row['pieces']) for row in mine))


def score_store(
  rows: Sequence[dict], store: candidates.Store, scorer: Scorer
) -> None:
  """The same for all stored tracks of one video."""
  measured = _measured(store, rows, scorer)
  for row, found in zip(rows, measured, strict=True):
    row['offset'], row['confidence'] = found.offset, found.confidence
    for piece, value in zip(row['pieces'], found.pieces, strict=True):
      piece['confidence'] = value


def chance(rows: Sequence[dict], stores, scorer: Scorer) -> Chance | None:
  """Measures faces with others' sounds; None if there are too few pieces."""
  pieces = [
    (row['store'], piece)
    for row in rows
    for piece in row['pieces']
    if piece['frames'] >= _PAIR_FRAMES
  ]
  if len(pieces) < _FEWEST:
    return None
  count = min(_PAIRS, len(pieces))
  chosen = np.linspace(0, len(pieces), count, endpoint=False).astype(int)
  pairs = [
    (pieces[k], pieces[(k + len(pieces) // 2) % len(pieces)]) for k in chosen
  ]
  folder = next(iter(stores.values())).folder
  name = hashlib.sha256(repr(pairs).encode()).hexdigest()[:24]
  path = folder / f'chance.{scorer.fingerprint}.json'
  if path.exists():
    known = json.loads(path.read_text())
    if known.pop('of') == name:
      return Chance(**known)
  confidences, frames = [], []
  for face, voice in tqdm.tqdm(pairs, desc='chance', unit='pair'):
    seen, heard = (
      stores[store].chunks([piece['record']])[0]
      for store, piece in (face, voice)
    )
    frames.append(min(seen.num_frames, heard.num_frames))
    confidences.append(scorer([_dubbed(seen, heard)]).confidence)
  found = Chance(
    pairs=len(pairs),
    mean=round(float(np.mean(confidences)), 5),
    std=round(float(np.std(confidences)), 5),
    frames=float(np.mean(frames)),
  )
  candidates.write_json(path, dataclasses.asdict(found) | {'of': name})
  return found


def _measured(
  store: candidates.Store, rows: Sequence[dict], scorer: Scorer
) -> list[Sync]:
  path = store.folder / f'{store.name}.{scorer.fingerprint}.sync'
  if path.exists():
    return [Sync(**found) for found in json.loads(path.read_text())]
  found = []
  for row in rows:
    numbers = [piece['record'] for piece in row['pieces']]
    found.append(scorer(store.chunks(numbers)))
  candidates.write_json(path, [dataclasses.asdict(s) for s in found])
  return found


def _dubbed(face: records.Chunk, voice: records.Chunk) -> records.Chunk:
  """The pictures of one chunk with the sound of another, cut to the shorter."""
  count = min(face.num_frames, voice.num_frames)
  return dataclasses.replace(
    face,
    frames=face.frames[:count],
    box=face.box[:count],
    num_frames=count,
    audio=voice.audio[: 640 * count + 2 * records.AUDIO_CONTEXT],
    mel=voice.mel[: _mel_rows(count)],
  )


def _mel_rows(frames: int) -> int:
  return alignment.window_start(frames) + 2 * records.MEL_CONTEXT
