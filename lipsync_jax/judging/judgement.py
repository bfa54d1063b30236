"""What is said of a video's sync: a measurement, or why there is none."""

import dataclasses
from typing import Any

import numpy as np

from lipsync_jax.judging import measurement

# 0.6 s of speech, as a chunk must have of pictures, see `chunks.MIN_FRAMES`.
_LEAST_SPEECH = 15


@dataclasses.dataclass(frozen=True)
class Judgement:
  """What an expert says of one video.

  Attributes:
    measured: None where all the sound is silent, so that nothing was.
    level: confidence that wrong sounds seldom reach with these pictures, see
      `metrics.chance`.
    speech: [frames] bool, whether the sound is loud enough to be speech.
    seen: [frames] bool, whether a face was measured.
    frame_confidence: [frames] float32, see `metrics.timeline`, at the offset
      found; nan where there is no face.
  """

  measured: measurement.Measurement | None
  level: float
  speech: np.ndarray
  seen: np.ndarray
  frame_confidence: np.ndarray

  def reason(self, min_confidence: float | None = None) -> str:
    """Why nothing can be said of the offset; '' if it can.

    Args:
      min_confidence: decides instead of `level`.
    """
    found = self.measured
    if found is None:
      return 'the sound is silent'
    spoken = (self.speech & self.seen).sum()
    if spoken < _LEAST_SPEECH:
      quiet = 100 * (1 - spoken / max(self.seen.sum(), 1))
      return f'the sound is silent in {quiet:.0f} % of it'
    # Written so that a confidence of nan is too low.
    if min_confidence is not None:
      if not found.confidence >= min_confidence:
        return f'the confidence is below {min_confidence:g}'
    elif not found.confidence > self.level:
      return (
        f'confidence {found.confidence:.3g}; wrong sounds reach '
        f'{self.level:.3g} on these pictures'
      )
    return ''

  def verdict(self, min_confidence: float | None = None) -> str:
    """'in sync', 'sound leads', 'sound lags' or 'undetermined'."""
    if self.reason(min_confidence):
      return 'undetermined'
    return self.measured.verdict()

  def words(self, min_confidence: float | None = None) -> str:
    """The verdict for people, with what to do about it."""
    if reason := self.reason(min_confidence):
      return f'undetermined: {reason}'
    return self.measured.words()

  def about(self, min_confidence: float | None = None) -> dict[str, Any]:
    """All that is known, as JSON values."""
    found = self.measured
    facts = dataclasses.asdict(found) if found else {'offset': None}
    if found and np.isnan(found.confidence):  # of a network that has diverged
      facts |= {'confidence': None, 'peak': None, 'curve': None}
    return {
      'verdict': self.verdict(min_confidence),
      'reason': self.reason(min_confidence),
      'milliseconds': found and found.milliseconds,
      **facts,
      'chance': _number(self.level),
      'speech': _number((self.speech & self.seen).sum() / self.seen.sum())
      if self.seen.any()
      else 0.0,
      'frame_confidence': [_number(value) for value in self.frame_confidence],
    }

  def summary(self) -> str:
    """How the confidence is spread over the frames, for people."""
    values = self.frame_confidence[~np.isnan(self.frame_confidence)]
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    bad = np.mean(values <= 0)
    return (
      f'by frame {low:.3f} .. {middle:.3f} .. {high:.3f} (10, 50, 90 %), '
      f'{100 * bad:.0f} % fit no better there than at most offsets'
    )


def silent() -> Judgement:
  """Of a video without any sound to be heard."""
  nothing = np.zeros(0, bool)
  return Judgement(None, np.nan, nothing, nothing, np.zeros(0, np.float32))


def _number(value) -> float | None:
  """For JSON, which has no nan; four digits say all there is to say."""
  return None if np.isnan(value) else round(float(value), 4)
