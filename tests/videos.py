"""Small videos for the tests, made with PyAV."""

import fractions

import av
import numpy as np

from input_pipeline import media

WIDTH, HEIGHT = 64, 48


def ramp(count, width=WIDTH, height=HEIGHT):
  """Frame k, up to 70, is plain grey of level 20 + 3 k."""
  levels = 20 + 3 * np.arange(count)
  return [np.full((height, width, 3), level, np.uint8) for level in levels]


def number(frame):
  """Which frame of `ramp` this is."""
  return round((float(frame.mean()) - 20) / 3)


def write(path, frames, fps=25, **options):
  """Writes frames with our own writer and returns the path."""
  height, width = frames[0].shape[:2]
  options = {'width': width, 'height': height, 'fps': fps} | options
  with media.VideoWriter(path, **options) as writer:
    for frame in frames:
      writer.write(frame)
  return path


def write_raw(path, times, unit, *, audio_start=None, click=0):
  """A `ramp` with any timestamps (in `unit` seconds), by PyAV itself.

  With `audio_start` (in 1/16000 s) there is one second of silence from then
  on, with a click at sample `click`.
  """
  with av.open(str(path), 'w') as container:
    video = container.add_stream('libx264', 25, options={'crf': '8'})
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, 'yuv420p'
    video.codec_context.time_base = unit
    if audio_start is not None:
      sound = container.add_stream('pcm_s16le', 16000, layout='mono')
    for frame, time in zip(ramp(len(times)), times, strict=True):
      picture = av.VideoFrame.from_ndarray(frame, 'rgb24')
      picture = picture.reformat(format='yuv420p')
      picture.pts, picture.time_base = time, unit
      container.mux(video.encode(picture))
    container.mux(video.encode(None))
    if audio_start is not None:
      samples = np.zeros((1, 16000), np.int16)
      samples[0, click] = 30000
      piece = av.AudioFrame.from_ndarray(samples, 's16', 'mono')
      piece.sample_rate, piece.time_base = 16000, fractions.Fraction(1, 16000)
      piece.pts = audio_start
      container.mux([*sound.encode(piece), *sound.encode(None)])
  return path


def write_wav(path, samples, rate=16_000):
  """f32 samples [n] or [n, channels] as 16-bit WAV."""
  samples = np.asarray(samples, np.float32)
  channels = 1 if samples.ndim == 1 else samples.shape[1]
  layout = {1: 'mono', 2: 'stereo'}[channels]
  packed = (samples * 32767).round().astype(np.int16).reshape(1, -1)
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('pcm_s16le', rate, layout=layout)
    frame = av.AudioFrame.from_ndarray(packed, 's16', layout)
    frame.sample_rate = rate
    container.mux([*stream.encode(frame), *stream.encode(None)])
  return path
