"""Encoding sound as AAC while the picture advances."""

import fractions
from collections.abc import Iterator

import av
import numpy as np

from input_pipeline.media import encoded_audio

_AAC_FRAME = 1024  # samples


class SoundWriter:
  """Feeds blocks of samples to the AAC coder as the picture advances."""

  def __init__(self, container, blocks, sample_rate: int, channels: int):
    self._container = container
    self._rate = sample_rate
    self._layout = encoded_audio.LAYOUTS[channels]
    rate = sample_rate if sample_rate in encoded_audio.AAC_RATES else 48_000
    self._stream = container.add_stream('aac', rate, layout=self._layout)
    self._stream.bit_rate = 96_000 * channels
    self._resampler = av.AudioResampler(
      'fltp', self._layout, rate, frame_size=_AAC_FRAME
    )
    self._blocks = _cut(blocks, channels)
    self._samples = 0

  def advance(self, time: fractions.Fraction | None) -> None:
    """Encodes the sound up to `time` seconds; all that is left for None."""
    while time is None or self._samples < time * self._rate:
      block = next(self._blocks, None)
      if block is None:
        break
      frame = encoded_audio.audio_frame(
        block, self._samples, self._rate, self._layout
      )
      self._samples += len(block)
      self._mux(self._resampler.resample(frame))
    if time is None:
      self._mux([*self._resampler.resample(None), None])

  def _mux(self, frames) -> None:
    for frame in frames:
      self._container.mux(self._stream.encode(frame))


def _cut(blocks, channels: int, size: int = 4096) -> Iterator[np.ndarray]:
  """Blocks of any length as f32 [<= size, channels]."""
  for block in blocks:
    block = np.asarray(block, np.float32).reshape(-1, channels)
    for start in range(0, len(block), size):
      yield block[start : start + size]
