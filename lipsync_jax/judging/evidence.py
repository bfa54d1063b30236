"""All that a chunk tells of its sync: every window, and what chance does."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from input_pipeline import records
from lipsync_jax.judging import measure
from lipsync_jax.metrics import chance, sync, timeline


class Evidence(NamedTuple):
  """Of one chunk; 15 kB.

  Attributes:
    start: its first frame in the video.
    frames: how many it has.
    band: [n, 31] similarity of each of its windows by offset, see
      `chance.band`.
    shuffled: see `chance.shuffled`.
  """

  start: int
  frames: int
  band: np.ndarray
  shuffled: chance.Totals

  @property
  def curve(self) -> measure.Curve:
    sums = chance.totals(self.band)
    return measure.Curve(sums.curve, sums.counts, self.frames)


def gather(judge: measure.Judge, chunk: records.Chunk) -> Evidence:
  """What an expert finds in a chunk.

  Raises:
    ValueError: it has fewer than five frames.
  """
  pairs = judge.pairs(chunk)
  return Evidence(
    start=chunk.start_frame,
    frames=chunk.num_frames,
    band=chance.band(pairs).astype(np.float32),
    shuffled=chance.shuffled(pairs, seed=chunk.start_frame),
  )


def level(chunks: Sequence[Evidence]) -> float:
  """The confidence that wrong sounds seldom reach, see `chance.level`."""
  return chance.level(chance.total(chunk.shuffled for chunk in chunks))


def frame_excess(
  chunks: Sequence[Evidence], first: int, end: int
) -> np.ndarray:
  """`timeline.frame_excess` of the frames first..end of a video.

  Args:
    chunks: of one face, or of several that are never seen together.
    first, end: frames between which they lie.

  Returns:
    [end - first, 31]; nan where there is no face.
  """
  found = np.full((end - first, 2 * sync.MAX_OFFSET + 1), np.nan, np.float32)
  for chunk in chunks:
    begin = chunk.start - first
    part = found[begin : begin + chunk.frames]
    part[:] = timeline.frame_excess(chunk.band)[: len(part)]
  return found
