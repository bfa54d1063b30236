"""What becomes of one video before anything is chosen."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from input_pipeline import records


@dataclasses.dataclass
class Prepared:
  """Every face track of one video that may become data.

  Attributes:
    rows: of the manifest, one per track; or one with the reason why there is
      none. Complete once `pieces` is exhausted.
    sound: [n] int16, 16 kHz mono, sample 0 at time 0 of the picture; [0] where
      there is none.
    pieces: the chunks of all tracks, made as they are consumed; a row's
      'pieces' say which are its own.
  """

  rows: list[dict]
  sound: np.ndarray
  pieces: Iterator[records.Chunk]


def dropped(row: dict, stage: str, reason: str) -> Prepared:
  """Of a video that cannot be used."""
  row |= {'kept': False, 'stage': stage, 'reason': reason, 'pieces': []}
  return Prepared([row], np.zeros(0, np.int16), iter(()))
