"""Whether picture and sound stay together for hours, simulated.

Silence with a click now and then goes through the stream as it is, resampler
included. Only what takes long and knows nothing of time is left out: the
spectrogram (its rows say instead at which sample they hear a click), the
network, and the paste-back.
"""

import dataclasses
import fractions
from unittest import mock

import numpy as np
import tqdm

from input_pipeline import alignment, audio, records
from lipsync_jax.inference import avatar, paste, stream
from tools import benchmark_table

_LOUD = 0.2  # of a click; resampled from 44.1 kHz it is 0.36 high


@dataclasses.dataclass
class Drift:
  """What was measured, in milliseconds.

  Attributes:
    frames: how many came.
    sound: most that the sound that had come out was off a frame's time.
    mouth: most that a click was off in what the mouth is drawn for.
    change: of that, from the first tenth of the clicks to the last.
    clicks: how many there were; all were heard and seen.
    grown: MB that the process's peak of memory rose after the first tenth.
  """

  frames: int
  sound: float
  mouth: float
  change: float
  clicks: int
  grown: float


def measure(
  *,
  hours: float,
  sample_rate: int,
  chunk: int,
  fps: fractions.Fraction | int = 25,
  every: float = 60.0,
) -> Drift:
  """Sends sound through a stream and finds it again in what comes out.

  Args:
    hours: of sound.
    sample_rate: Hz.
    chunk: samples pushed at a time.
    fps: of the frames.
    every: seconds from click to click, about.
  """
  fps, listener = fractions.Fraction(fps), _Listener()
  total = round(hours * 3600 * sample_rate)
  # At changing places of rows, but near the middle of a frame, so that they
  # are in its window when frames are rare.
  number = np.arange(max(1, int(hours * 3600 / every)))
  clicks = np.rint((every * number + 0.5) * sample_rate).astype(int)
  clicks += 7 * number % (sample_rate // 20)
  off, came, heard = 0.0, 0, []
  with (
    mock.patch.object(audio, 'mel_spectrogram', _rows),
    mock.patch.object(paste, 'paste', lambda frame, *_, **__: frame),
  ):
    live = stream.Stream(_nobody(fps), listener, sample_rate=sample_rate)
    pushes = tqdm.trange(0, total, chunk, desc='drift', disable=None)
    for start in pushes:
      if start < total / 10:
        peak = benchmark_table.peak_memory()
      live.push(_sound(clicks, start, min(start + chunk, total)))
      if start + chunk >= total:
        live.close()
      for frame in live.frames():
        off = max(off, abs(came / sample_rate - float(frame.time)))
        heard += (came + np.flatnonzero(frame.sound)).tolist()
        came += len(frame.sound)
  if came != total or heard != clicks.tolist():
    raise AssertionError('What came out is not the sound that went in.')
  errors = listener.errors(clicks / sample_rate, fps)
  tenth = -(-len(errors) // 10)
  change = errors[-tenth:].mean() - errors[:tenth].mean()
  return Drift(
    frames=listener.frames,
    sound=1000 * off,
    mouth=1000 * float(np.abs(errors).max()),
    change=1000 * float(change),
    clicks=len(clicks),
    grown=benchmark_table.peak_memory() - peak,
  )


def _nobody(fps: fractions.Fraction) -> avatar.Avatar:
  picture = records.encode_frame(np.zeros((16, 16, 3), np.uint8))
  return avatar.Avatar((picture,), np.array([(8.0, 8.0, 16.0)]), fps)


def _sound(clicks: np.ndarray, start: int, end: int) -> np.ndarray:
  samples = np.zeros(end - start, np.float32)
  first, last = np.searchsorted(clicks, (start, end))
  samples[clicks[first:last] - start] = 1
  return samples


def _rows(waveform: np.ndarray) -> np.ndarray:
  """In place of the mel: the highest sample of each row, and which it is."""
  count = 1 + len(waveform) // audio.HOP
  padded = np.zeros(count * audio.HOP, np.float32)
  padded[: len(waveform)] = abs(waveform)
  padded = padded.reshape(count, audio.HOP)
  rows = np.zeros((count, audio.NUM_MELS), np.float32)
  rows[:, 0], rows[:, 1] = padded.max(1), padded.argmax(1)
  return rows


class _Listener:
  """A generator that draws nothing and remembers the clicks it was given."""

  image_size = 16
  sound = 'mel'
  reference = 'same'
  reference_alignment = False

  def __init__(self):
    self.frames = 0
    self._heard: list[tuple[int, int, int]] = []  # frame, row of window, sample

  def __call__(self, sound, faces, reference):
    for k, row in np.argwhere(sound[:, 0, :, 0] > _LOUD).tolist():
      self._heard.append((self.frames + k, row, int(sound[k, 1, row, 0])))
    self.frames += len(faces)
    return faces

  def errors(self, clicks: np.ndarray, fps: fractions.Fraction) -> np.ndarray:
    """Seconds from each click to where the mouth has it.

    Args:
      clicks: seconds.
      fps: of the frames.
    """
    found = [[] for _ in clicks]
    for frame, row, sample in self._heard:
      start = alignment.time_start(fractions.Fraction(2 * frame + 1, 2) / fps)
      time = ((start + row) * audio.HOP + sample) / audio.SAMPLE_RATE
      nearest = int(np.abs(clicks - time).argmin())
      found[nearest].append(time - clicks[nearest])
    if not all(found):
      raise AssertionError('A click was lost on the way to the mouth.')
    return np.array([max(times, key=abs) for times in found])
