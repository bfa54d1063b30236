"""RGB and YUV, on purpose.

FFmpeg's scaler by default truncates when it makes RGB: a round trip then
darkens a picture by 1.2 levels (measured). With accurate rounding and chroma
at full resolution the mean error is below 0.03 and the absolute one 0.3. It
also assumes BT.601 for whatever is not tagged; the custom is BT.709 for HD.
"""

import fractions
import functools

import av
import av.filter
import numpy as np
from av.video.reformatter import (
  ColorRange,
  Colorspace,
  Interpolation,
  VideoReformatter,
)

_EXACT = (
  Interpolation.BILINEAR
  | Interpolation.ACCURATE_RND
  | Interpolation.FULL_CHR_H_INT
  | Interpolation.FULL_CHR_H_INP
)

# Numbers of H.273, which FFmpeg's AVCOL_* follow.
_UNSPECIFIED = 2
_BT709 = 1
_SMPTE170M = 6  # BT.601, 525 lines; the same matrix as 625 lines (5)
_KNOWN = (_BT709, 4, 5, _SMPTE170M, 7, 9)  # what the scaler can convert


# Pixels: chroma at the edge of a cut is made without what lies beyond it.
_MARGIN = 4
# Cuts are this or a multiple of it wide and high, and FFmpeg's scaler is kept
# for so many sizes: preparing it takes as long (0.8 ms) as the pixels do.
_STEP, _SIZES = 32, 16


class Converter:
  """Decoded frames of one video as arrays; keeps what FFmpeg prepares.

  For one thread.
  """

  def __init__(self):
    self._whole, self._small, self._grey = (
      VideoReformatter() for _ in range(3)
    )
    cache = functools.lru_cache(_SIZES)
    self._parts = cache(lambda width, height: VideoReformatter())

  def rgb(
    self,
    frame: av.VideoFrame,
    region: tuple[int, int, int, int] | None = None,
  ) -> np.ndarray:
    """A frame as uint8 RGB [h, w, 3], not yet rotated.

    Args:
      frame: of any format.
      region: x0, y0, x1, y1 inside the frame; only this part is returned, equal
        to a slice of the whole but cheaper.
    """
    if region is None:
      return _exactly(self._whole, frame, frame)
    left, right = _around(region[0], region[2], frame.width)
    top, bottom = _around(region[1], region[3], frame.height)
    part = _cut(frame, left, top, right, bottom)
    reformatter = self._parts(part.width, part.height)
    image = _exactly(reformatter, part, frame, threads=1)
    x0, y0, x1, y1 = region
    return image[y0 - top : y1 - top, x0 - left : x1 - left]

  def small(self, frame: av.VideoFrame, width: int, height: int) -> np.ndarray:
    """A frame as RGB [height, width, 3], for looking, not for keeping."""
    return self._small.reformat(
      frame,
      width=width,
      height=height,
      format='rgb24',
      src_colorspace=_matrix(frame),
      src_color_range=_range(frame),
      dst_color_range=ColorRange.JPEG,
      interpolation=Interpolation.AREA,
      threads=1,
    ).to_ndarray()

  def grey(self, frame: av.VideoFrame, width: int, height: int) -> np.ndarray:
    """The brightness of a frame as uint8 [height, width]."""
    return self._grey.reformat(
      frame,
      width=width,
      height=height,
      format='gray',
      interpolation=Interpolation.AREA,
      threads=1,
    ).to_ndarray()


def _exactly(
  reformatter: VideoReformatter,
  frame: av.VideoFrame,
  like: av.VideoFrame,
  *,
  threads: int = 0,  # one per core; small pictures are no work for many
) -> np.ndarray:
  """All of a frame as RGB, by the matrix and range of another."""
  matrix = _matrix(like)
  return reformatter.reformat(
    frame,
    format='rgb24',
    src_colorspace=matrix,
    dst_colorspace=matrix,
    src_color_range=_range(like),
    dst_color_range=ColorRange.JPEG,
    interpolation=_EXACT,
    threads=threads,
  ).to_ndarray()


def _around(low: int, high: int, end: int) -> tuple[int, int]:
  """Where to cut so that low..high is inside, by few different lengths."""
  # Multiples of 4: chroma is at every second or fourth pixel.
  first = max(0, low - _MARGIN) // 4 * 4
  length = -(-(high + _MARGIN - first) // _STEP) * _STEP
  return first, min(end, first + length)


def _cut(frame: av.VideoFrame, x0: int, y0: int, x1: int, y1: int):
  """A part of a frame, by FFmpeg, which knows where its chroma lies."""
  graph = av.filter.Graph()
  source = graph.add_buffer(
    width=frame.width,
    height=frame.height,
    format=frame.format,
    time_base=fractions.Fraction(1, 1000),
  )
  crop = graph.add('crop', f'{x1 - x0}:{y1 - y0}:{x0}:{y0}:exact=1')
  sink = graph.add('buffersink')
  source.link_to(crop)
  crop.link_to(sink)
  graph.configure()
  graph.vpush(frame)
  return graph.vpull()


def _matrix(frame: av.VideoFrame) -> int:
  if frame.colorspace in _KNOWN:
    return frame.colorspace
  # Unspecified, RGB, or one nobody uses.
  return _custom(frame.width, frame.height)


def _range(frame: av.VideoFrame) -> ColorRange:
  full = frame.color_range == ColorRange.JPEG
  full = full or frame.format.name.startswith('yuvj')
  return ColorRange.JPEG if full else ColorRange.MPEG


def from_rgb(image: np.ndarray) -> av.VideoFrame:
  """uint8 RGB [h, w, 3] as yuv420p in limited range and the size's matrix."""
  height, width = image.shape[:2]
  matrix = _custom(width, height)
  frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), 'rgb24')
  return frame.reformat(
    format='yuv420p',
    dst_colorspace=matrix,
    src_color_range=ColorRange.JPEG,
    dst_color_range=ColorRange.MPEG,
    interpolation=_EXACT,
  )


def tag(context: av.VideoCodecContext) -> None:
  """Writes into a coder's header what `from_rgb` does."""
  hd = _custom(context.width, context.height) == Colorspace.ITU709
  context.color_range = ColorRange.MPEG
  context.colorspace = _BT709 if hd else _SMPTE170M
  # Of the primaries of SD footage nothing is known: NTSC, PAL or sRGB.
  context.color_primaries = _BT709 if hd else _UNSPECIFIED
  context.color_trc = _BT709 if hd else _SMPTE170M


def _custom(width: int, height: int) -> Colorspace:
  """The matrix players assume for an untagged picture."""
  # 720p and above; by the longer side, so that upright phone video counts.
  hd = max(width, height) >= 1280
  return Colorspace.ITU709 if hd else Colorspace.ITU601
