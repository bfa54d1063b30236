"""Decoding pictures: upright RGB with their times, optionally resampled."""

import dataclasses
import fractions
import itertools
import logging
import math
from collections.abc import Iterator

import numpy as np

from input_pipeline.media import colour, fitting, pictures, probe
from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# Matroska rounds timestamps to 1 ms; without some grace a 29.97 fps file read
# at 29.97 fps would now and then show a frame twice and lose the next.
GRACE = 0.002
# Pictures are never as near to each other as this.
_HALF = 0.0005


def read_frames(
  path, *, fps=None, start: float = 0.0, stop: float | None = None
) -> Iterator[tuple[float, np.ndarray]]:
  """Decodes a video, one frame at a time.

  Args:
    path: any file FFmpeg reads.
    fps: if given (Fraction, int or float), frames come at times k / fps, each
      the one on screen at that time; frames are dropped or repeated by their
      timestamps, never by their number.
    start, stop: seconds; frames (ticks) with start <= time < stop.

  Yields:
    (seconds from the start of the video stream, uint8 RGB [h, w, 3]), upright.

  Raises:
    MediaError: nothing can be decoded.
  """
  for picture in read_pictures(path, fps=fps, start=start, stop=stop):
    yield picture.time, picture.image()


def read_pictures(
  path,
  *,
  fps=None,
  start: float = 0.0,
  stop: float | None = None,
  threads: int | None = None,
) -> Iterator[pictures.Picture]:
  """`read_frames` without turning into RGB what nobody asks for.

  Args:
    path, fps, start, stop: as there.
    threads: that decode, four at most; None: one per core.
  """
  found = _timed_frames(path, start, threads)
  if fps is not None:
    found = _resample(found, fractions.Fraction(fps), start)
  for picture in found:
    if stop is not None and picture.time >= stop - 1e-9:
      return
    if picture.time >= start - 1e-9:
      yield picture


def read_pictures_backwards(
  path, times, *, fps=None, memory: int = 2**26
) -> Iterator[pictures.Picture]:
  """`read_pictures` in reverse: the picture of the last time first.

  Decodes forwards in pieces that fit in `memory` bytes (at least one picture),
  each found by seeking; what lies in front of a piece, back to its key frame,
  is decoded again for each.

  Args:
    path: video file.
    times: seconds, ascending, of neighbouring pictures (see `timing`), or
      neighbouring ticks if `fps` is given.
    fps: as in `read_pictures`.
    memory: bytes of decoded pictures held at a time.
  """
  times = np.asarray(times, np.float64)
  edge = float(1 / fractions.Fraction(2 * fps)) if fps else _HALF

  def limit(k: int) -> float:
    """Where times[k] begins: half way, so that no rounding moves one across."""
    if k == 0:
      return max(0.0, times[0] - edge)
    return times[-1] + edge if k == len(times) else times[k - 1 : k + 1].mean()

  end = len(times)
  count = _that_fit(path, memory) if end else 0
  while end > 0:
    low = max(0, end - count)
    piece = list(
      read_pictures(path, fps=fps, start=limit(low), stop=limit(end))
    )
    while piece:  # pop: each picture is freed as soon as it is used
      yield piece.pop()
    end = low


def _that_fit(path, memory: int) -> int:
  """How many decoded pictures fit in so many bytes, at least 1."""
  found = read_pictures(path, threads=1)
  planes = next(found).frame.planes
  found.close()
  return max(1, memory // sum(plane.buffer_size for plane in planes))


def _timed_frames(
  path, start: float, threads: int | None
) -> Iterator[pictures.Picture]:
  """Frames from the last one at or before `start` on, with their times."""
  for seek in (start, 0.0) if start > 0 else (0.0,):
    found = _decode_from(path, seek, threads)
    first = next(found, None)
    if first is not None and (seek == 0.0 or first.time <= start):
      yield from itertools.chain([first], found)
      return
    # Some containers only find a key frame after the wanted time.


def _decode_from(
  path, start: float, threads: int | None
) -> Iterator[pictures.Picture]:
  with containers.open_input(path) as container:
    containers.need_video(container, path)  # before a sound is taken for one
  first = containers.first_frame(path, _log)
  origin = containers.time(first, fractions.Fraction(0))
  fitted = fitting.Fitter((first.width, first.height))
  converter = colour.Converter()
  with containers.open_input(path) as container:
    stream = containers.need_video(container, path, threads=threads)
    period = 1 / probe.frame_rate(stream)
    if start > 0:
      container.seek(int((start + origin) / stream.time_base), stream=stream)
    due = origin  # for streams without timestamps
    for frame in containers.decode(container, stream, path, _log):
      due = containers.time(frame, due)
      length = (frame.duration or 0) * (frame.time_base or 0) or period
      shown = float(due - origin)
      yield pictures.Picture(
        shown, shown + float(length), fitted(frame), converter
      )
      due += length


def _resample(
  found: Iterator[pictures.Picture], fps: fractions.Fraction, start: float
) -> Iterator[pictures.Picture]:
  """Ticks k / fps from `start` on, each with the frame on screen then."""
  tick = math.ceil(fractions.Fraction(start) * fps - fractions.Fraction(1e-6))
  shown = None
  for picture in found:
    while shown is not None and float(tick / fps) < picture.time - GRACE:
      yield dataclasses.replace(shown, time=float(tick / fps))
      tick += 1
    shown = picture
  if shown is None:
    return
  # The last frame stays for its own duration, to the nearest tick.
  end = max(round(fractions.Fraction(shown.end) * fps), 1)
  for last in range(tick, end):
    yield dataclasses.replace(shown, time=float(last / fps))
