"""RGB and YUV, on purpose.

FFmpeg's scaler by default truncates when it makes RGB: a round trip then
darkens a picture by 1.2 levels (measured). With accurate rounding and chroma
at full resolution the mean error is below 0.03 and the absolute one 0.3. It
also assumes BT.601 for whatever is not tagged; the custom is BT.709 for HD.
"""

import functools
import threading

import av
import numpy as np
from av.video.reformatter import (
  ColorRange,
  Interpolation,
  VideoReformatter,
)

from input_pipeline.media import filters, hdr, tags

_EXACT = (
  Interpolation.BILINEAR
  | Interpolation.ACCURATE_RND
  | Interpolation.FULL_CHR_H_INT
  | Interpolation.FULL_CHR_H_INP
)

# Pixels: chroma at the edge of a cut is made without what lies beyond it.
_MARGIN = 4
# Cuts are this or a multiple of it wide and high, and FFmpeg's scaler is kept
# for so many sizes: preparing it takes as long (0.8 ms) as the pixels do.
_STEP, _SIZES = 32, 16


class Converter(threading.local):
  """Decoded frames of one video as arrays; keeps what FFmpeg prepares.

  Each thread that uses it has its own preparations: FFmpeg's serve only one.
  """

  def __init__(self):
    self._whole, self._small, self._grey, self._yuv = (
      VideoReformatter() for _ in range(4)
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
    # By FFmpeg, which knows where the chroma of what is cut lies.
    place = f'{right - left}:{bottom - top}:{left}:{top}:exact=1'
    part = filters.through(frame, 'crop', place)
    reformatter = self._parts(part.width, part.height)
    image = _exactly(reformatter, part, frame, threads=1)
    x0, y0, x1, y1 = region
    return image[y0 - top : y1 - top, x0 - left : x1 - left]

  def small(self, frame: av.VideoFrame, width: int, height: int) -> np.ndarray:
    """A frame as RGB [height, width, 3], for looking, not for keeping."""
    return _exactly(
      self._small,
      frame,
      frame,
      width=width,
      height=height,
      interpolation=Interpolation.AREA,
      threads=1,
    )

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

  def yuv(
    self,
    frame: av.VideoFrame,
    pixels: str,
    *,
    matrix: int,
    full_range: bool,
    width: int,
    height: int,
  ) -> av.VideoFrame:
    """A frame in another layout, depth or size, or itself if it is in that.

    Args:
      frame: RGB, or YUV of the matrix and range that are given.
      pixels: FFmpeg's name of a YUV layout.
    """
    same = frame.format.name in (pixels, pixels.replace('yuv', 'yuvj'))
    if same and (frame.width, frame.height) == (width, height):
      return frame
    if min(part.bits for part in frame.format.components) < 8 or (
      frame.format.has_palette
    ):
      # The scaler fills the missing bits of RGB in other ways than of YUV.
      frame = av.VideoFrame.from_ndarray(self.rgb(frame), 'rgb24')
    if matrix not in tags.KNOWN_MATRICES:
      matrix = tags.matrix(frame)
    matrix, to = _for_scaler(matrix), tags.RANGES[full_range]
    return self._yuv.reformat(
      frame,
      width=width,
      height=height,
      format=pixels,
      src_colorspace=matrix,
      dst_colorspace=matrix,
      src_color_range=ColorRange.JPEG if tags.is_rgb(frame) else to,
      dst_color_range=to,
      interpolation=_EXACT,
    )


def _exactly(
  reformatter: VideoReformatter,
  frame: av.VideoFrame,
  like: av.VideoFrame,
  *,
  threads: int = 0,  # one per core; small pictures are no work for many
  **size,
) -> np.ndarray:
  """All of a frame as RGB, by the tags of another."""
  matrix = _for_scaler(tags.matrix(like))
  bright = tags.is_hdr(like)
  image = reformatter.reformat(
    frame,
    # Not rgb48le: the scaler's is wrong with full chroma (FFmpeg 8.0).
    format='gbrp12le' if bright else 'rgb24',
    src_colorspace=matrix,
    dst_colorspace=matrix,
    src_color_range=tags.RANGES[tags.is_full(like)],
    dst_color_range=ColorRange.JPEG,
    threads=threads,
    **({'interpolation': _EXACT} | size),
  ).to_ndarray()
  return hdr.to_sdr(image, like.color_trc) if bright else image


def _for_scaler(matrix: int) -> int:
  """PyAV ignores 6, which is the same matrix as 5."""
  return 5 if matrix == 6 else matrix


def _around(low: int, high: int, end: int) -> tuple[int, int]:
  """Where to cut so that low..high is inside, by few different lengths."""
  # Multiples of 4: chroma is at every second or fourth pixel.
  first = max(0, low - _MARGIN) // 4 * 4
  length = -(-(high + _MARGIN - first) // _STEP) * _STEP
  return first, min(end, first + length)
