"""A made video beside what it was made from, as the measures see it."""

import itertools
import pathlib
from collections.abc import Iterable, Iterator

import numpy as np

from input_pipeline import chunks, media
from lipsync_jax.evaluation import faces, sources

# Bytes of faces that are kept from one measure to the next: most of a minute of
# 128 pixels. Those of longer videos are cut out again for each.
_HELD = 2**27

Pair = tuple[faces.Piece, np.ndarray]


class Clip:
  """One made video, looked at piece by piece.

  Attributes:
    path: of it.
    source: what it was made from.
    sound: [n] int16, 16 kHz.
    frames: that its sound lasts, at 25 a second.

  Args:
    path, source: see there.
    fit: how it was lengthened, see `inference.schedule`.
    size: of the face squares.
  """

  def __init__(
    self, path: pathlib.Path, source: sources.Source, *, fit: str, size: int
  ):
    self.path, self.source, self._size = path, source, size
    self.sound = media.read_audio_int16(path)
    self.frames = chunks.frames_of(self.sound)
    self._boxes = faces.fitted(source.boxes, self.frames, fit)
    self._kept: list[Pair] | None = None

  def pieces(self) -> Iterable[Pair]:
    """Pieces of it, and the source's crops of as many of their frames as the
    source has at the same time."""
    if 6 * self.frames * self._size**2 > _HELD:
      return self._cut()
    if self._kept is None:
      self._kept = list(self._cut())
    return self._kept

  def _cut(self) -> Iterator[Pair]:
    mine = faces.pieces(self.path, self._boxes, self._size)
    both = len(self.source.boxes)
    theirs = faces.pieces(self.source.path, self._boxes[:both], self._size)
    for piece, twin in itertools.zip_longest(mine, theirs):
      if piece is None:
        return
      yield piece, piece.crops[:0] if twin is None else twin.crops
