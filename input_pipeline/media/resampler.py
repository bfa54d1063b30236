"""Sound that arrives in pieces, at another sample rate."""

import av
import numpy as np


class Resampler:
  """Changes the sample rate of mono sound piece by piece.

  The pieces are those of the whole resampled at once, sample for sample,
  however it is cut, and no error adds up: FFmpeg counts in whole numbers. Until
  `finish` the output is behind the input by half a filter, 1 to 2 ms.
  """

  def __init__(self, sample_rate: int, to_rate: int = 16_000):
    self._rate = sample_rate
    self._resampler = None
    if sample_rate != to_rate:
      self._resampler = av.AudioResampler('flt', 'mono', to_rate)

  def push(self, samples: np.ndarray) -> np.ndarray:
    """[n] float32 -> [m] float32, what is known of it by now; clipped to ±1."""
    if self._resampler is None or not samples.size:
      return samples.clip(-1, 1)
    frame = av.AudioFrame.from_ndarray(
      np.ascontiguousarray(samples[None], np.float32), 'flt', 'mono'
    )
    frame.sample_rate = self._rate
    return self._resample(frame)

  def finish(self) -> np.ndarray:
    """[m] float32: what was held back. Nothing may be pushed afterwards."""
    if self._resampler is None:
      return np.zeros(0, np.float32)
    return self._resample(None)

  def _resample(self, frame) -> np.ndarray:
    pieces = [
      piece.to_ndarray()[0] for piece in self._resampler.resample(frame)
    ]
    return np.concatenate([np.zeros(0, np.float32), *pieces]).clip(-1, 1)
