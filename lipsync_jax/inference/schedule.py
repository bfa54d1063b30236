"""Which picture of the source is shown when in the output.

The output lasts as long as the sound and a longer video is cut. A shorter one
is lengthened by `fit`: 'loop' begins again, 'bounce' runs to and fro (0 1 2 3 2
1 0 1 ...: no jump where it repeats), 'freeze' holds the last picture; with
'cut' the output ends with the video.
"""

import dataclasses
import fractions
import itertools
from collections.abc import Iterator

import numpy as np

from input_pipeline import media
from lipsync_jax.inference import repeats

FITS = ('bounce', 'loop', 'freeze', 'cut')
# The clock of MPEG, in which variable times are kept: all usual rates and
# milliseconds are multiples of it.
_CLOCK = 90_000
_SHORTEST = fractions.Fraction(1, 1000)  # less is left to the picture before
_MEMORY = 2**27  # bytes of decoded pictures, running backwards


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
  """A picture of the output.

  Attributes:
    index: which, from 0.
    time, end: seconds of the output between which it is on screen.
    picture: of the source; its own `time` is the source's.
    number: which of the source, from 0; one that is shown again has the same.
  """

  index: int
  time: fractions.Fraction
  end: fractions.Fraction
  picture: media.Picture
  number: int


def length(
  timing: media.Timing, seconds: fractions.Fraction, fit: str
) -> fractions.Fraction:
  """Seconds that the output lasts, for a sound of `seconds`.

  Raises:
    ValueError: there is no such `fit`.
  """
  if fit not in FITS:
    raise ValueError(f'fit {fit!r}: must be one of {", ".join(FITS)}.')
  if fit != 'cut' or timing.still:
    return seconds
  return min(seconds, _end(timing))


def shown(
  path, timing: media.Timing, *, seconds: fractions.Fraction, fit: str
) -> Iterator[Shown]:
  """The pictures of the output in order, from 0 to `length`.

  Of a constant rate picture k is what the source shows at k / fps, and there
  are as many as come nearest to the length. Of a variable rate each picture
  comes once, as long as it was, unless it stands for more than 0.25 s: lips go
  on moving then, at 25 a second. A frozen one is repeated at the average rate,
  a still picture at 25 a second. Nothing is kept between passes: running
  backwards decodes from the end, piece by piece.

  Args:
    path: video file.
    timing: of it, from `media.timing` by `repeats.lively`.
    seconds: of the sound.
    fit: what to do if the video is shorter; one of `FITS`.

  Raises:
    MediaError: nothing can be decoded.
    ValueError: there is no such `fit`.
  """
  until = length(timing, seconds, fit)
  if timing.constant:
    until = frame_count(until, timing.fps) / timing.fps
  return _until(until, _Source(path, timing).lasting(fit), timing)


def _until(
  until: fractions.Fraction, pictures, timing: media.Timing
) -> Iterator[Shown]:
  # A picture may be seen a bit earlier than its time, see `media.timing`.
  slack = 0.002 if timing.constant else 0.0005
  time = fractions.Fraction(0)
  if not timing.constant:
    pictures = repeats.divided(pictures)
  for index, (picture, lasts) in enumerate(pictures):
    end = time + lasts
    if until - end < _SHORTEST:
      end = until
    after = np.searchsorted(timing.times, picture.time + slack, 'right')
    yield Shown(index, time, end, picture, max(0, int(after) - 1))
    time = end
    if time == until:
      return


class _Source:
  """Passes over a video: pictures and for how long each is shown."""

  def __init__(self, path, timing: media.Timing):
    self._path = path
    self._timing = timing
    self._fps = timing.fps if timing.constant and not timing.still else None
    self._clock = self._fps or _CLOCK

  def lasting(self, fit: str):
    """(picture, seconds) without end, all the video first."""
    count = 0
    for picture, lasts in self._forwards():
      count += 1
      yield picture, lasts
    if not count:
      raise media.MediaError(f'{self._path}: holds no frame.')
    while count == 1 or fit in ('freeze', 'cut'):
      yield picture, 1 / self._timing.fps
    last = self._start(picture)
    while True:
      if fit == 'bounce':
        yield from self._backwards(last)
      yield from itertools.islice(
        self._forwards(), 1 if fit == 'bounce' else 0, None
      )

  def _forwards(self):
    held, stop = None, None
    if self._fps:
      stop = float(_end(self._timing) - 1 / (2 * self._fps))
    for picture in media.read_pictures(self._path, fps=self._fps, stop=stop):
      if held is not None:
        lasts = self._start(picture) - self._start(held)
        if lasts > 0:  # two at the same time: the later one is seen
          yield held, lasts
      held = picture
      if self._timing.still:
        break
    if held is not None:
      lasts = self._ticks(held.end) - self._start(held)
      known = lasts > 0 and not self._timing.constant
      yield held, lasts if known else 1 / self._timing.fps

  def _backwards(self, later: fractions.Fraction):
    """From the picture that ends at `later` to the first."""
    if self._fps:
      times = np.arange(round(later * self._fps)) / float(self._fps)
    else:
      times = self._timing.times
      times = times[times < float(later) - 1 / _CLOCK]
    for picture in media.read_pictures_backwards(
      self._path, times, fps=self._fps, memory=_MEMORY
    ):
      start = self._start(picture)
      if start < later:
        yield picture, later - start
      later = start

  def _start(self, picture: media.Picture) -> fractions.Fraction:
    return self._ticks(picture.time)

  def _ticks(self, time: float) -> fractions.Fraction:
    return round(time * self._clock) / fractions.Fraction(self._clock)


def _end(timing: media.Timing) -> fractions.Fraction:
  if timing.constant:
    return frame_count(timing.end, timing.fps) / timing.fps
  return fractions.Fraction(round(timing.end * _CLOCK), _CLOCK)


def frame_count(
  seconds: fractions.Fraction | float, fps: fractions.Fraction
) -> int:
  """Frames for a sound of this length: the nearest whole number, at least 1."""
  return max(1, round(fractions.Fraction(seconds) * fps))
