"""What stands still for long is shown again and again.

Lips need pictures to move in: a screen recording may hold one for minutes, and
some cameras take two a second.
"""

import dataclasses
import fractions
import math

import numpy as np

from input_pipeline import media

_LONG = fractions.Fraction(1, 4)  # seconds; slower than any animation
_RATE = 25  # a second


def lively(timing: media.Timing) -> media.Timing:
  """A video's timing, with the rate at which its pictures are to be shown.

  A constant rate below 4 a second is multiplied, to 25 or a little more. The
  average of a variable one counts what `divided` adds.
  """
  fps = timing.fps
  if timing.constant:
    if 1 / fps > _LONG:
      fps *= math.ceil(_RATE / fps)
    return dataclasses.replace(timing, fps=fps)
  lasts = np.diff([*timing.times, timing.end])
  count = np.where(lasts > float(_LONG), np.ceil(lasts * _RATE), 1).sum()
  if count > len(lasts):
    fps = fractions.Fraction(count / timing.end).limit_denominator(1001)
  return dataclasses.replace(timing, fps=fps)


def divided(pictures):
  """(picture, seconds) without long ones, of a variable rate."""
  for picture, lasts in pictures:
    count = math.ceil(lasts * _RATE) if lasts > _LONG else 1
    for _ in range(count):
      yield picture, lasts / count
