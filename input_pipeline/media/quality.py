"""How finely pictures must be coded to stay as they were."""

import collections
import contextlib
import fractions
import io
import logging

import av
import numpy as np

from input_pipeline.media import (
  chroma,
  colour,
  encoding,
  formats,
  pictures,
  planes,
)
from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# Coarse to fine. None coarser than 18: what is laid on the pictures later must
# look good too, and is not in these samples.
_CHOICES = (18, 16, 14, 12, 10, 8, 6, 4, 2)
# dB: the worst of some frames stands for the worst of the whole video.
_MARGIN = 0.7
# dB that a crf less by 1 gains, hardly ever more (0.6 to 0.95 measured): what
# it tells to be too coarse is not tried.
_SLOPE = 1.0
_PLACES = (0.1, 0.5, 0.9)  # of the duration
# Frames in a group: enough for B-frames, which come out worst, in between;
# fewer of large pictures.
_SHORTEST, _LONGEST = 3, 5
_HD = 1280 * 720
_SAMPLED = 5 * _HD  # pixels in a group
_SKIPPED = 25 * _HD  # pixels decoded from a key frame on to get to a place


def choose_crf(
  path,
  format: formats.Format,
  *,
  least: float = 45.0,
  preset: str | None = None,
) -> int:
  """The greatest crf at which pictures that are not edited stay close.

  Groups of frames from three places of the video are coded as `VideoWriter`
  codes them, decoded and compared, coarsely first. Compared are all samples of
  Y, U and V together, and RGB (of SDR, if need be): the worse of both counts,
  which is RGB by 4 dB and more, of the worst frame.

  Args:
    path: the source.
    format: of the output, from `output_format`.
    least: peak signal-to-noise ratio in dB.
    preset: the coder's, as `VideoWriter` takes it.

  Returns:
    2 to 18; 2 also where even that is not enough.

  Raises:
    MediaError: nothing can be decoded.
  """
  groups = [_Group(format, group) for group in _groups(path, format)]
  enough = least + _MARGIN
  reachable = _CHOICES[0]
  for crf in _CHOICES:
    if crf > reachable and crf != _CHOICES[-1]:
      continue
    # Lazily: the first group that is not good enough settles it.
    worst = (group.worst(crf, preset) for group in groups)
    missing = next((enough - found for found in worst if found < enough), 0)
    if not missing:
      break
    reachable = crf - missing / _SLOPE
  return crf


def psnr(ours: list[np.ndarray], theirs: list[np.ndarray], peak: int) -> float:
  """dB over all samples of some arrays; infinite where they are equal."""
  total, count = 0.0, 0
  for one, other in zip(ours, theirs, strict=True):
    error = one.astype(np.float32) - other
    total += float(np.vdot(error, error))
    count += error.size
  return 10 * np.log10(peak**2 * count / total) if total else np.inf


class _Group:
  """Frames that follow each other, and what they should look like."""

  def __init__(self, format: formats.Format, frames: list[av.VideoFrame]):
    self._format, self._frames = format, frames
    self._converter = colour.Converter()
    self._wanted = [self._looks(frame) for frame in frames]

  def worst(self, crf: int, preset: str | None) -> float:
    """dB of the frame that suffers most."""
    decoded = _decode(_encode(self._format, self._frames, crf, preset))
    found = [
      psnr(ours, theirs, peak)
      for frame, wanted in zip(decoded, self._wanted, strict=True)
      for (ours, peak), (theirs, _) in zip(
        self._looks(frame), wanted, strict=True
      )
    ]
    return min(found)

  def _looks(self, frame) -> list[tuple[list[np.ndarray], int]]:
    """Arrays to be compared, and their greatest value."""
    yuv = planes.views(frame)
    frame = chroma.located(frame, self._format.chroma_location)
    rgb = self._converter.rgb(frame)
    return [(yuv, 2**self._format.bits - 1), ([rgb], 255)]


def _groups(path, format: formats.Format) -> list[list[av.VideoFrame]]:
  """Frames that follow each other, from some places of a video."""
  groups = {}
  problem = None
  for place in _PLACES:
    try:
      found = _from(path, place, format.width * format.height)
    except containers.MediaError as error:  # nothing can be found there
      problem = error
      continue
    # Short videos and those that cannot be searched give the same again.
    groups[found[0].frame.pts] = found
  if not groups:
    raise problem
  return [
    [format.frame_of(picture) for picture in group] for group in groups.values()
  ]


def _from(path, place: float, pixels: int) -> list[pictures.Picture]:
  """A group from a part of the duration on, or from as far as is decoded."""
  wanted = max(_SHORTEST, min(_LONGEST, _SAMPLED // pixels))
  skipped = _SKIPPED // pixels
  converter = colour.Converter()
  with containers.open_input(path) as container:
    stream = containers.need_video(container, path)
    start = (container.start_time or 0) / av.time_base
    time = start + place * (container.duration or 0) / av.time_base
    if time > start:
      # A still picture cannot be searched; then it is decoded from the start.
      with contextlib.suppress(av.error.FFmpegError):
        container.seek(int(time * av.time_base))
    found = collections.deque(maxlen=wanted)
    for frame in containers.decode(container, stream, path, _log):
      found.append(pictures.Picture(0.0, 0.0, frame, converter))
      skipped -= 1
      arrived = containers.time(found[0].frame, start) >= time
      if len(found) == wanted and (arrived or skipped < 0):
        break
    return list(found)


def _encode(format, frames, crf: int, preset: str | None) -> io.BytesIO:
  file = io.BytesIO()
  fps = fractions.Fraction(25)
  with av.open(file, 'w', format='mp4') as container:
    stream = encoding.open_video(
      container, format, fps=fps, time_base=1 / fps, crf=crf, preset=preset
    )
    for number, frame in enumerate(frames):
      frame.pts, frame.time_base = number, 1 / fps
      container.mux(encoding.encode(stream, frame))
    container.mux(encoding.encode(stream, None))
  file.seek(0)
  return file


def _decode(file: io.BytesIO) -> list[av.VideoFrame]:
  with av.open(file) as container:
    container.streams.video[0].thread_type = 'AUTO'
    return list(container.decode(video=0))
