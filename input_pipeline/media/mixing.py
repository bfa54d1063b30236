"""Several sounds at once, streamed."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np

from input_pipeline.media import sound

_BLOCK = 2**14  # samples


def mixed(
  paths: Sequence,
  *,
  sample_rate: int,
  channels: int,
  gains: Sequence[float],
  deciding: int | None = None,
) -> Iterator[np.ndarray]:
  """The sum of the sounds of several files, each from its time 0.

  Args:
    paths: files with sound.
    sample_rate, channels: of what comes out; 1 or 2 channels.
    gains: a factor for each.
    deciding: it lasts as long as the longest of the first so many files; None:
      of all.

  Yields:
    f32 [n, channels]; sums may leave -1..1.

  Raises:
    MediaError: as `audio_blocks`.
  """
  with contextlib.ExitStack() as stack:
    voices = []
    for path, gain in zip(paths, gains, strict=True):
      blocks = sound.audio_blocks(
        path, sample_rate=sample_rate, channels=channels
      )
      stack.enter_context(contextlib.closing(blocks))
      voices.append(_Voice(blocks, gain, channels))
    while True:
      parts = [voice.take(_BLOCK) for voice in voices]
      length = max(map(len, parts[:deciding]))
      if not length:
        return
      total = np.zeros((length, channels), np.float32)
      for part in parts:
        total[: len(part)] += part[:length]
      yield total


class _Voice:
  """One of the sounds, in pieces as large as they are asked for."""

  def __init__(self, blocks, gain: float, channels: int):
    self._blocks = blocks
    self._gain = np.float32(gain)
    self._rest = np.zeros((0, channels), np.float32)

  def take(self, samples: int) -> np.ndarray:
    """The next so many samples; fewer at the end."""
    pieces, length = [self._rest], len(self._rest)
    while length < samples:
      block = next(self._blocks, None)
      if block is None:
        break
      pieces.append(block * self._gain)
      length += len(block)
    found = np.concatenate(pieces)
    self._rest = found[samples:]
    return found[:samples]
