"""What becomes of one video or of one folder of frames."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from input_pipeline import records


@dataclasses.dataclass
class Prepared:
  """All candidate tracks of one clip.

  Attributes:
    rows: of the manifest, one per track; one with the reason if there is none.
      They are complete when the pieces are consumed.
    sound: [n] int16, 16 kHz mono, sample 0 at video time 0; [0] if there is
      none.
    pieces: the chunks of all tracks, made as they are consumed.
  """

  rows: list[dict]
  sound: np.ndarray
  pieces: Iterator[records.Chunk]
