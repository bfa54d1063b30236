"""Which samples and which window of sound belong to a frame, as sound comes in.

All times are whole numbers or exact fractions: after hours a frame still begins
on its own sample.
"""

import fractions

import numpy as np

from input_pipeline import alignment, media
from lipsync_jax.inference import features, speech

_MOST_WAITING = 60  # seconds of sound that no frame has carried


class Timeline:
  """The sound of a stream, cut into frames in rising order.

  Args:
    sample_rate: of what is pushed.
    fps: frames a second.
    sound, reference_alignment: of the generator, see `edit.Generator`.
  """

  def __init__(
    self,
    sample_rate: int,
    fps: fractions.Fraction,
    sound: str = 'mel',
    *,
    reference_alignment: bool = False,
  ):
    self._rate, self.fps = sample_rate, fps
    self._sound, self._reference_alignment = sound, reference_alignment
    self._resampler = media.Resampler(sample_rate)
    self._features = features.Features(sound)
    self._windows = speech.Windows((), sound)
    self._waiting = np.zeros(0, np.float32)  # samples no frame has carried yet
    self._pushed = self._inserted = 0  # samples
    self.closed = False

  @property
  def delay(self) -> fractions.Fraction:
    """Seconds of sound, from a frame's beginning, that it may need at most."""
    ahead = features.look_ahead(
      self._sound, reference_alignment=self._reference_alignment
    )
    return max(1 / self.fps, ahead + 1 / (2 * self.fps))

  def push(self, samples: np.ndarray) -> None:
    """See `stream.Stream.push`."""
    self._check(samples)
    self._pushed += len(samples)
    self._waiting = np.concatenate([self._waiting, samples])
    rows = self._features.push(self._resampler.push(samples))
    if len(rows):
      self._windows.add(rows)

  def close(self) -> None:
    """Nothing follows: what is missing of the last windows is silence."""
    if not self.closed:
      self.closed = True
      self._windows.add(self._features.push(self._resampler.finish()))
      self._windows.add(self._features.finish())

  def is_known(self, index: int) -> bool:
    """Whether the sound of a frame and its window are there."""
    begin, end = self.samples(index), self.samples(index + 1)
    if self.closed:
      return begin - self._inserted < self._pushed
    if end - self._inserted > self._pushed:
      return False
    start = alignment.time_start(
      self._centre(index),
      self._sound,
      reference_alignment=self._reference_alignment,
    )
    return start + alignment.SOUNDS[self._sound].rows <= self._windows.end

  def window(self, index: int) -> np.ndarray:
    """[bands, rows, 1] f32: what the generator hears."""
    return self._windows.at(
      self._centre(index), reference_alignment=self._reference_alignment
    )

  def take(self, index: int) -> np.ndarray:
    """f32 [n]: the samples of the next frame, which is `index`."""
    count = self.samples(index + 1) - self.samples(index)
    taken, self._waiting = self._waiting[:count].copy(), self._waiting[count:]
    return taken

  def insert(self, index: int) -> np.ndarray:
    """f32 [n]: zeros instead; what was pushed belongs to later frames."""
    count = self.samples(index + 1) - self.samples(index)
    self._inserted += count
    return np.zeros(count, np.float32)

  def samples(self, index: int) -> int:
    """How many come before frame `index`: those whose time is less than its."""
    # The ceiling of index * rate / fps; faster than by Fraction.
    return -(-index * self._rate * self.fps.denominator // self.fps.numerator)

  def _centre(self, index: int) -> fractions.Fraction:
    """The middle of a frame, in seconds of what was pushed."""
    count, seconds = self.fps.as_integer_ratio()
    time = (2 * index + 1) * seconds * self._rate - 2 * count * self._inserted
    return fractions.Fraction(time, 2 * count * self._rate)

  def _check(self, samples: np.ndarray) -> None:
    if self.closed:
      raise ValueError('The stream is closed; begin another one.')
    if samples.ndim != 1 or samples.dtype != np.float32:
      raise ValueError(
        f'Push float32 samples [n], not {samples.dtype} {samples.shape}.'
      )
    if not np.isfinite(samples).all():
      raise ValueError('The sound holds NaN or infinite samples.')
    if len(self._waiting) + len(samples) > _MOST_WAITING * self._rate:
      raise ValueError(
        f'More than {_MOST_WAITING} s of sound wait: take the frames first.'
      )
