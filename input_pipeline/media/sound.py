"""Decoding sound, aligned with the picture."""

import fractions
import itertools
import logging
from collections.abc import Iterator

import av
import numpy as np

from input_pipeline import audio
from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# Timestamps that stray less than this from the sample count are jitter
# (Matroska and FLV count milliseconds); more is a hole or an overlap.
_TOLERANCE = 0.05
_LAYOUTS = {1: 'mono', 2: 'stereo'}


def read_audio(path, *, sample_rate: int = 16_000) -> np.ndarray:
  """Reads all sound of a file as f32 [n], mono, -1..1.

  Sample 0 is time 0 of the video stream: silence is put in front where the
  sound starts later, and what comes earlier (also a coder's priming samples)
  is cut. Holes in the timestamps are filled with silence.

  Raises:
    MediaError: there is no sound, or none that can be decoded.
  """
  blocks = audio_blocks(path, sample_rate=sample_rate, channels=1)
  return np.concatenate(list(blocks))[:, 0]


def read_audio_int16(path) -> np.ndarray:
  """`read_audio` at 16 kHz as int16 [n], which takes half the memory."""
  blocks = audio_blocks(path, channels=1)
  return np.concatenate([audio.to_int16(block[:, 0]) for block in blocks])


def audio_blocks(
  path, *, sample_rate: int = 16_000, channels: int = 1
) -> Iterator[np.ndarray]:
  """`read_audio` in pieces: f32 [n, channels], 1 or 2 channels.

  Raises:
    MediaError: as `read_audio`; on the first piece.
  """
  origin = containers.origin(path, _log, kind='audio')
  with containers.open_input(path) as container:
    stream = containers.need_audio(container, path)
    frames = containers.decode(container, stream, path, _log)
    first = next(frames)
    early = origin - containers.time(first, origin)
    skip = round(early * sample_rate)
    if skip < 0:
      yield from _silence(-skip, channels)
    heard = False
    for block in _resample(_without_holes(first, frames), sample_rate):
      cut = min(max(skip, 0), len(block))
      skip -= cut
      if cut < len(block):
        heard = True
        yield _mix(block[cut:], channels)
    if not heard:
      raise containers.MediaError(
        f'{path}: the sound ends before the picture begins.'
      )


def _resample(frames, sample_rate: int) -> Iterator[np.ndarray]:
  """Frames as f32 [n, 1 or 2] at another rate; more channels become two."""
  resampler, channels = None, 1
  for frame in itertools.chain(frames, [None]):
    if resampler is None:
      channels = min(frame.layout.nb_channels, 2)
      layout = _LAYOUTS[channels]
      resampler = av.AudioResampler('flt', layout, sample_rate)
    for piece in resampler.resample(frame):
      yield piece.to_ndarray().reshape(-1, channels).clip(-1, 1)


def _mix(block: np.ndarray, channels: int) -> np.ndarray:
  # Not left to FFmpeg: in floats it sums stereo times 0.7, which clips.
  if block.shape[1] > channels:
    return block.mean(1, keepdims=True)
  return np.repeat(block, channels // block.shape[1], axis=1)


def _without_holes(first, frames) -> Iterator[av.AudioFrame]:
  """Frames end to end: silence in the holes, repeated sound left out."""
  rate = first.sample_rate
  due = containers.time(first, fractions.Fraction(0))
  frame = first
  while frame is not None:
    following = next(frames, None)
    if following is None:
      frame = _without_padding(frame)
    if frame.sample_rate != rate or frame.layout.name != first.layout.name:
      raise containers.MediaError(
        'The sound changes its sample rate or channels midway; convert it to '
        'WAV first.'
      )
    time = containers.time(frame, due)
    length = fractions.Fraction(frame.samples, rate)
    while time - due > _TOLERANCE:
      missing = min(int((time - due) * rate), rate)
      yield _empty_frame(frame, missing)
      due += fractions.Fraction(missing, rate)
    if time + length > due - _TOLERANCE:
      frame.pts = None  # the resampler would stretch towards jittery times
      yield frame
      due += length
    frame = following


def _without_padding(last: av.AudioFrame) -> av.AudioFrame:
  """Cuts what a coder added to fill its last frame, where the file says so."""
  rate = last.sample_rate
  samples = last.duration or 0
  if last.time_base != fractions.Fraction(1, rate):
    return last  # milliseconds are too coarse to tell
  if not 0 < samples < last.samples:
    return last
  step = 1 if last.format.is_planar else last.layout.nb_channels
  kept = np.ascontiguousarray(last.to_ndarray()[:, : samples * step])
  frame = av.AudioFrame.from_ndarray(kept, last.format.name, last.layout.name)
  frame.sample_rate, frame.pts, frame.time_base = rate, last.pts, last.time_base
  return frame


def _empty_frame(like: av.AudioFrame, samples: int) -> av.AudioFrame:
  frame = av.AudioFrame(like.format.name, like.layout.name, samples)
  frame.sample_rate = like.sample_rate
  # Unsigned 8-bit samples are silent at 128, all others at 0.
  level = 128 if like.format.name.startswith('u8') else 0
  for plane in frame.planes:
    plane.update(bytes([level]) * plane.buffer_size)
  return frame


def _silence(samples: int, channels: int, piece: int = 2**16):
  for start in range(0, samples, piece):
    length = min(piece, samples - start)
    yield np.zeros((length, channels), np.float32)
