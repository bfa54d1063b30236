"""Sync of all candidates, measured once."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import tqdm

from input_pipeline import records
from input_pipeline.preparation import candidates


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

  def __call__(self, track: Iterable[records.Chunk]) -> Sync: ...


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
