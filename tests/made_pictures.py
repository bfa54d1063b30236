"""Pictures as decoders hand them over, without a file."""

import av
import numpy as np

from input_pipeline import media
from input_pipeline.media import colour

SIZE = (96, 64)  # width, height


def waves(width=SIZE[0], height=SIZE[1]):
  """A smooth colourful picture, uint8 RGB."""
  y, x = np.mgrid[:height, :width] / height
  parts = [np.sin(5 * x), np.cos(4 * y + x), np.sin(3 * x + 3 * y)]
  return (128 + 90 * np.stack(parts, -1)).round().astype(np.uint8)


def decoded(frame):
  return media.Picture(0.0, 0.04, frame, colour.Converter())


def picture(pixels='yuv420p', *, matrix=1, full=False, transfer=1, size=SIZE):
  """`waves` in YUV, with all tags set."""
  format = media.Format(
    width=size[0],
    height=size[1],
    pixels=pixels,
    matrix=matrix,
    primaries=9 if matrix == 9 else 1,
    transfer=transfer,
    full_range=full,
  )
  return decoded(format.frame_of_rgb(waves(*size)))


def of_kind(pixels, *, full=False, size=SIZE):
  """`waves` in any of FFmpeg's pixel formats, BT.709."""
  frame = av.VideoFrame.from_ndarray(waves(*size), 'rgb24').reformat(
    format=pixels,
    src_color_range=2,
    dst_color_range=1 + full,
    dst_colorspace=1,
  )
  frame.colorspace, frame.color_range = 1, 1 + full
  return decoded(frame)


def psnr(image, reference, peak=255):
  error = np.mean((image.astype(float) - reference) ** 2)
  return 10 * np.log10(peak**2 / max(error, 1e-9))
