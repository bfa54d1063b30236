"""Arrays as the engine's pictures."""

import fractions

import av
import numpy as np

from input_pipeline import media
from input_pipeline.media import colour
from lipsync_jax.inference import schedule

_CONVERTER = colour.Converter()


def picture(image, time=0.0, end=0.04):
  """uint8 RGB [h, w, 3] as a decoded picture."""
  frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), 'rgb24')
  return media.Picture(float(time), float(end), frame, _CONVERTER)


def shown(image, index, fps=25):
  """The same as picture `index` of an output."""
  time, end = (fractions.Fraction(k) / fps for k in (index, index + 1))
  return schedule.Shown(index, time, end, picture(image, time, end), index)
