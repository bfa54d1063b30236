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
_BT2020 = 9
_KNOWN = (_BT709, 4, 5, _SMPTE170M, 7, _BT2020)  # what the scaler can convert
_OPEN = (0, _UNSPECIFIED, 3)  # RGB (of a matrix), unspecified, reserved
# Matrix, primaries, transfer. Of the primaries of SD footage nothing is known:
# NTSC, PAL or sRGB. 14: the curve of BT.709 in BT.2020's 10 bits.
_USUAL = {
  _BT709: (_BT709, _BT709, _BT709),
  _SMPTE170M: (_SMPTE170M, _UNSPECIFIED, _SMPTE170M),
  _BT2020: (_BT2020, _BT2020, 14),
}

RANGES = {False: ColorRange.MPEG, True: ColorRange.JPEG}


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
      src_colorspace=_for_scaler(matrix(frame)),
      src_color_range=RANGES[is_full(frame)],
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
  known = _for_scaler(matrix(like))
  return reformatter.reformat(
    frame,
    format='rgb24',
    src_colorspace=known,
    dst_colorspace=known,
    src_color_range=RANGES[is_full(like)],
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


def matrix(frame: av.VideoFrame) -> int:
  """The matrix a frame is read with, in H.273's numbers."""
  if frame.colorspace in _KNOWN:
    return frame.colorspace
  # Unspecified, RGB, or one nobody uses.
  return customs(frame.width, frame.height)[0]


def _for_scaler(matrix: int) -> int:
  """PyAV ignores 6, which is the same matrix as 5."""
  return 5 if matrix == _SMPTE170M else matrix


def is_full(frame: av.VideoFrame) -> bool:
  """Whether a YUV frame's luma is 0..255; False for RGB, see `tags`."""
  if frame.format.is_rgb or frame.format.has_palette:
    return False
  full = frame.color_range == ColorRange.JPEG
  return full or frame.format.name.startswith('yuvj')


def tags(frame: av.VideoFrame) -> tuple[int, int, int]:
  """Matrix, primaries and transfer to write for what a frame becomes.

  They are the frame's own; what it leaves open is what `matrix` assumes.
  """
  found = frame.colorspace
  if found in _OPEN or frame.format.is_rgb:
    found = matrix(frame)
  primaries, transfer = frame.color_primaries, frame.color_trc
  _, usual_primaries, usual_transfer = _USUAL.get(found, _USUAL[_SMPTE170M])
  if primaries in _OPEN:
    primaries = usual_primaries
  if transfer in _OPEN:
    transfer = usual_transfer
  return found, primaries, transfer


def customs(width: int, height: int) -> tuple[int, int, int]:
  """Matrix, primaries and transfer players assume for an untagged picture."""
  # 720p and above; by the longer side, so that upright phone video counts.
  return _USUAL[_BT709 if max(width, height) >= 1280 else _SMPTE170M]


def converted(frame: av.VideoFrame, pixels: str, to) -> av.VideoFrame:
  """A frame in another layout or depth, or itself if it is in that already.

  Args:
    frame: YUV of the matrix and range of `to`, or RGB.
    pixels: FFmpeg's name of the layout.
    to: a `Format`, of which matrix and range are taken.
  """
  if frame.format.name in (pixels, pixels.replace('yuv', 'yuvj')):
    return frame
  rgb = frame.format.is_rgb or frame.format.has_palette
  known = _for_scaler(to.matrix if to.matrix in _KNOWN else matrix(frame))
  return frame.reformat(
    format=pixels,
    src_colorspace=known,
    dst_colorspace=known,
    src_color_range=ColorRange.JPEG if rgb else RANGES[to.full_range],
    dst_color_range=RANGES[to.full_range],
    interpolation=_EXACT,
  )
