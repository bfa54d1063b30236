"""What an expert says of one clip, for programs and for people."""

import dataclasses

from input_pipeline import alignment


@dataclasses.dataclass(frozen=True)
class Measurement:
  """What an expert says of one clip.

  Attributes:
    offset: frames (25 fps) by which the sound leads the picture.
    confidence: height of the curve's peak over its median.
    peak: greatest mean similarity; least mean distance, if `similarity` is
      'distance'.
    similarity: 'cosine' or 'distance'.
    frames: how many were looked at.
    chunks: how many pieces of uninterrupted face they were in.
    curve: [31] similarity (distances negative) by offset, -15 first: column k
      is of a sound that leads by k - 15 frames; None where the clip is too
      short for an offset.
  """

  offset: int
  confidence: float
  peak: float
  similarity: str
  frames: int
  chunks: int
  curve: tuple[float | None, ...]

  @property
  def milliseconds(self) -> int:
    return self.offset * 1000 // alignment.FPS

  def verdict(self) -> str:
    """'in sync', 'sound leads' or 'sound lags'."""
    if self.offset == 0:
      return 'in sync'
    return 'sound leads' if self.offset > 0 else 'sound lags'

  def words(self) -> str:
    """The verdict for people, with what to do about it."""
    if not self.offset:
      return self.verdict()
    count, late = abs(self.offset), abs(self.milliseconds)
    verb, cure = ('leads', 'delay') if self.offset > 0 else ('lags', 'advance')
    return (
      f'audio {verb} by {count} frame{"s" * (count > 1)} ({late} ms): '
      f'{cure} it by {late / 1000:.3f} s'
    )
