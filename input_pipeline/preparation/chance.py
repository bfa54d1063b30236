"""What confidence an expert has in faces with a sound that is not theirs."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import tqdm

from input_pipeline import chunks, records
from input_pipeline.preparation import candidates, scoring

_PAIRS = 100
_FEWEST = 8
_PAIR_FRAMES = 25  # shorter pieces are left out
# Of one video only sounds this far away are another's: two faces that are there
# at the same time are heard with the same sound.
_APART = 2 * records.CHUNK_FRAMES


@dataclasses.dataclass(frozen=True)
class Chance:
  """Confidences of faces with a sound that is not theirs.

  Attributes:
    pairs: how many were measured.
    mean, std: of their confidences; std is doubled where there were so few
      faces that their own sounds had to do, backwards.
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


def measure(
  rows: Sequence[dict],
  stores: Mapping[str, candidates.Store],
  scorer: scoring.Scorer,
) -> Chance | None:
  """Measures faces with others' sounds, or where there are few, with their own
  backwards; None if no piece is a second long.

  Args:
    rows: of the manifest.
    stores: the candidates by name.
    scorer: measures.

  Raises:
    ValueError: a candidate is damaged.
    OSError: the result cannot be written.
  """
  pairs = _pairs(rows)
  if not pairs:
    return None
  folder = next(iter(stores.values())).folder
  name = hashlib.sha256(repr(pairs).encode()).hexdigest()[:24]
  path = folder / f'chance.{scorer.fingerprint}.json'
  if path.exists():
    known = json.loads(path.read_text())
    if known.pop('of') == name:
      return Chance(**known)
  confidences, frames = [], []
  for pair in tqdm.tqdm(pairs, desc='chance', unit='pair'):
    turn = pair[2]
    seen, heard = (next(stores[name].chunks([k])) for name, k, _ in pair[:2])
    clip = _dubbed(seen, heard) if turn is None else _turned(seen, turn)
    frames.append(clip.num_frames)
    confidences.append(scorer([clip]).confidence)
  found = Chance(
    pairs=len(pairs),
    mean=round(float(np.mean(confidences)), 5),
    # A few faces' own sounds, backwards, differ less than others' do.
    std=round(float(np.std(confidences)) * (1 if turn is None else 2), 5),
    frames=float(np.mean(frames)),
  )
  candidates.write_json(path, dataclasses.asdict(found) | {'of': name})
  return found


def _pairs(rows: Sequence[dict]) -> list[tuple[tuple, tuple, int | None]]:
  """Pieces, evenly chosen, and for each one whose sound is not its own.

  The third is None; where there are few, the frames by which a sound that is
  played backwards is turned round.
  """
  pieces = [
    (row['store'], piece['record'], piece['start'])
    for row in rows
    for piece in row['pieces']
    if piece['frames'] >= _PAIR_FRAMES
  ]
  count = min(_PAIRS, len(pieces))
  pairs = []
  for k in np.linspace(0, len(pieces), count, endpoint=False).astype(int):
    # From half the list away, which is most likely somebody else.
    begin = k + len(pieces) // 2
    others = (pieces[(begin + j) % len(pieces)] for j in range(len(pieces)))
    voice = next((o for o in others if _foreign(pieces[k], o)), None)
    if voice is not None:
      pairs.append((pieces[k], voice, None))
  if len(pairs) >= _FEWEST:
    return pairs
  turns = range(0, records.CHUNK_FRAMES, records.CHUNK_FRAMES // _FEWEST)
  return [(piece, piece, turn) for piece in pieces for turn in turns]


def _foreign(face: tuple, voice: tuple) -> bool:
  return face[0] != voice[0] or abs(face[2] - voice[2]) >= _APART


def _turned(chunk: records.Chunk, frames: int) -> records.Chunk:
  """A chunk with its own sound backwards, and turned round by some frames."""
  own = chunk.audio[records.AUDIO_CONTEXT : -records.AUDIO_CONTEXT]
  sound = np.roll(own[::-1], frames * chunks.SAMPLES_PER_FRAME)
  return dataclasses.replace(chunk, **chunks.heard(sound, 0, chunk.num_frames))


def _dubbed(face: records.Chunk, voice: records.Chunk) -> records.Chunk:
  """The pictures of one chunk with the sound of another, cut to the shorter."""
  count = min(face.num_frames, voice.num_frames)
  return dataclasses.replace(
    face,
    frames=face.frames[:count],
    box=face.box[:count],
    num_frames=count,
    audio=voice.audio[
      : chunks.SAMPLES_PER_FRAME * count + 2 * records.AUDIO_CONTEXT
    ],
    mel=voice.mel[: chunks.mel_rows(count)],
  )
