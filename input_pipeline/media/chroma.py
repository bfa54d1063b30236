"""Where the chroma samples of 4:2:0 lie among the luma samples.

MPEG-2 and what came after put them between two rows at the left of two
columns, JPEG and MPEG-1 in the middle of four pixels. Coders are told, and
whoever makes RGB should go by it: read the wrong way, saturated edges of an
unchanged picture differ by 47 dB (measured on GRID). PyAV does not say what a
frame's tag is, but its scaler goes by it, so it can be found out.
"""

import av
import numpy as np

from input_pipeline.media import colour, filters, planes

CENTRE = 1
# By H.273's number: FFmpeg's name, and where in the 2 x 2 pixels, x and y.
_LOCATIONS = (
  ('left', (0, 0.5)),
  ('center', (0.5, 0.5)),
  ('topleft', (0, 0)),
  ('top', (0.5, 0)),
  ('bottomleft', (0, 1)),
  ('bottom', (0.5, 1)),
)
_SIDE = 16


def location(frame: av.VideoFrame) -> int:
  """The location a planar 4:2:0 frame is tagged with, in H.273's numbers.

  `CENTRE` without a tag, as FFmpeg's scaler reads it.
  """
  size = min(_SIDE, frame.width), min(_SIDE, frame.height)
  part = filters.through(frame, 'crop', '{}:{}:0:0:exact=1'.format(*size))
  part.make_writable()  # a copy, that keeps the tags
  rng = np.random.default_rng(0)
  for plane in planes.views(part):
    plane[:] = rng.integers(60, 180, plane.shape)
  converter = colour.Converter()
  wanted = converter.rgb(part)
  for number in range(len(_LOCATIONS)):
    if np.array_equal(converter.rgb(located(part, number)), wanted):
      return number
  return CENTRE


def located(frame: av.VideoFrame, number: int) -> av.VideoFrame:
  """The same samples, tagged with a location."""
  name, _ = _LOCATIONS[number]
  return filters.through(frame, 'setparams', f'chroma_location={name}')


def turned(number: int, turns: int) -> int:
  """The location after counter-clockwise quarter turns of the picture."""
  x, y = _LOCATIONS[number][1]
  for _ in range(turns):
    x, y = y, 1 - x
  places = [place for _, place in _LOCATIONS]
  # There is none for the right side; the middle is nearest.
  return places.index((x, y)) if (x, y) in places else CENTRE
