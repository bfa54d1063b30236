"""Samples encoded into packets, as fast as they are asked for."""

import dataclasses
import fractions
import itertools
from collections.abc import Callable, Iterable, Iterator

import av
import numpy as np

AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050)
AAC_RATES += (16000, 12000, 11025, 8000)
_AAC_BITS = {1: 128_000, 2: 192_000}  # a second, by channels
LAYOUTS = {1: 'mono', 2: 'stereo'}


@dataclasses.dataclass(frozen=True)
class EncodedAudio:
  """Samples that are encoded when they are asked for.

  Attributes:
    blocks: returns an iterable of f32 [n, channels] in -1..1.
    sample_rate, channels: of them; at most 2 channels.
    codec: 'aac', which resamples to 48 kHz what it does not know, or FFmpeg's
      name of a kind of PCM.
  """

  blocks: Callable[[], Iterable[np.ndarray]]
  sample_rate: int
  channels: int
  codec: str = 'aac'

  @property
  def output_rate(self) -> int:
    """Samples a second as encoded."""
    known = self.codec != 'aac' or self.sample_rate in AAC_RATES
    return self.sample_rate if known else 48_000

  def packets(
    self, output, until: fractions.Fraction | None
  ) -> Iterator[av.Packet]:
    """Adds a stream to `output`, then yields its packets."""
    layout, rate = LAYOUTS[self.channels], self.output_rate
    stream = output.add_stream(self.codec, rate, layout=layout)
    if self.codec == 'aac':
      stream.bit_rate = _AAC_BITS[self.channels]
    resampler = av.AudioResampler(
      stream.codec_context.format.name, layout, rate, frame_size=1024
    )
    for frame in itertools.chain(self._frames(until, layout), [None]):
      for piece in resampler.resample(frame):
        yield from stream.encode(piece)
    yield from stream.encode(None)

  def _frames(self, until, layout: str) -> Iterator[av.AudioFrame]:
    most = None if until is None else round(until * self.sample_rate)
    done = 0
    for block in self.blocks():
      block = np.asarray(block, np.float32).reshape(-1, self.channels)
      if most is not None:
        block = block[: most - done]
      for start in range(0, len(block), 4096):
        part = block[start : start + 4096]
        yield audio_frame(part, done, self.sample_rate, layout)
        done += len(part)
      if done == most:
        return


def audio_frame(
  samples: np.ndarray, start: int, rate: int, layout: str
) -> av.AudioFrame:
  """f32 [n, channels] as a frame that begins `start` samples after 0."""
  packed = np.ascontiguousarray(samples).reshape(1, -1)
  frame = av.AudioFrame.from_ndarray(packed, 'flt', layout)
  frame.sample_rate, frame.pts = rate, start
  frame.time_base = fractions.Fraction(1, rate)
  return frame
