"""Sounds whose place can be measured: a click in silence."""

import fractions

import av
import numpy as np

from input_pipeline import media

CLICK = 0.3  # seconds


def write(path, codec, rate, channels=2, *, options=None):
  """0.6 s of silence with a click of 1 ms, by PyAV itself."""
  samples = np.zeros((round(0.6 * rate), channels), np.float32)
  at = round(CLICK * rate)
  samples[at : at + rate // 1000 + 1] = 0.9
  layout = {1: 'mono', 2: 'stereo', 6: '5.1'}[channels]
  with av.open(str(path), 'w', options=options or {}) as container:
    stream = container.add_stream(codec, rate, layout=layout)
    container.start_encoding()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), 'flt', layout)
    frame.sample_rate, frame.pts = rate, 0
    frame.time_base = fractions.Fraction(1, rate)
    resampler = av.AudioResampler(
      stream.codec_context.format.name,
      layout,
      rate,
      frame_size=stream.codec_context.frame_size or 1024,
    )
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
      container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
  return path


def find(path):
  """Where the click is, relative to the picture if there is one."""
  samples = np.abs(media.read_audio(path, sample_rate=48_000))
  return np.flatnonzero(samples > 0.3)[0] / 48_000, len(samples) / 48_000


def payload(path, kind='audio'):
  with av.open(str(path)) as container:
    stream = getattr(container.streams, kind)[0]
    return [bytes(packet) for packet in container.demux(stream) if packet.size]
