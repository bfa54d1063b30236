"""Which picture of the source is shown in which frame of the output.

The output is as long as the sound and has the video's own frame rate. A longer
video is cut. A shorter one is played forwards and backwards in turn (0 1 2 3 2
1 0 1 ...): no jump where it repeats, unlike a loop.
"""

import fractions
import itertools
from collections.abc import Iterator

import numpy as np

from input_pipeline import media


def frame_count(
  seconds: fractions.Fraction | float, fps: fractions.Fraction
) -> int:
  """Frames for a sound of this length: the nearest whole number, at least 1."""
  return max(1, round(fractions.Fraction(seconds) * fps))


def bounce(index: int, length: int) -> int:
  """The source frame shown at `index` when `length` frames go to and fro."""
  if length == 1:
    return 0
  index %= 2 * (length - 1)
  return min(index, 2 * (length - 1) - index)


def source_frames(
  path, *, fps: fractions.Fraction, total: int
) -> Iterator[tuple[int, np.ndarray]]:
  """Exactly `total` frames of a video of any length, in bounded memory.

  The backward passes decode the file piece by piece from its end; nothing of
  it is kept between passes.

  Args:
    path: video file.
    fps: the output's rate; the source is sampled at times k / fps.
    total: how many frames to yield.

  Yields:
    (k, uint8 RGB [h, w, 3]): the k-th tick of the source.

  Raises:
    MediaError: nothing can be decoded.
  """
  return itertools.islice(_to_and_fro(path, fps), total)


def _to_and_fro(
  path, fps: fractions.Fraction
) -> Iterator[tuple[int, np.ndarray]]:
  length = 0
  for _, image in media.read_frames(path, fps=fps):
    yield length, image
    length += 1
  if not length:
    raise media.MediaError(f'{path}: holds no frame.')
  while length == 1:  # a still picture
    yield 0, image
  while True:
    backwards = media.read_frames_backwards(
      path, fps=fps, stop=float((length - 1) / fps)
    )
    yield from _numbered(backwards, fps)
    forwards = media.read_frames(
      path, fps=fps, start=float(1 / fps), stop=float(length / fps)
    )
    yield from _numbered(forwards, fps)


def _numbered(frames, fps) -> Iterator[tuple[int, np.ndarray]]:
  for time, image in frames:
    yield round(time * fps), image
