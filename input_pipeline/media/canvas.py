"""A frame to be edited in place, in its own colours and depth."""

import av
import cv2
import numpy as np

from input_pipeline.media import chroma, hdr, planes, tags

# Weights of red and blue in luma, by H.273's number of the matrix.
_WEIGHTS = {
  1: (0.2126, 0.0722),
  4: (0.30, 0.11),
  5: (0.299, 0.114),
  6: (0.299, 0.114),
  7: (0.212, 0.087),
  9: (0.2627, 0.0593),
}


class Canvas:
  """A picture of an output format that colours can be laid on.

  Only what is blended is converted, from RGB to the picture's matrix, range
  and depth; all else stays as the source has it.

  Attributes:
    planes: Y [h, w], U and V [h / 2, w / 2], uint8 or uint16, to be written.
  """

  def __init__(self, picture, format):
    """Copies a `Picture` into a `Format`."""
    self._format = format
    self._frame = format.frame_of(picture)
    self._converter = picture.converter
    self._matrix = _rgb_to_yuv(
      tags.matrix(self._frame), bits=format.bits, full=format.full_range
    )
    self._peak = 2**format.bits - 1
    self.planes = planes.views(self._frame)

  def rgb(self, region: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """uint8 RGB [h, w, 3] as a viewer sees it; all or x0, y0, x1, y1."""
    frame = chroma.located(self._frame, self._format.chroma_location)
    return self._converter.rgb(frame, region)

  def blend(
    self,
    region: tuple[int, int, int, int],
    colours: np.ndarray,
    alpha: np.ndarray,
  ) -> None:
    """Lays colours over a region; where alpha is 0 luma stays bit for bit.

    Chroma, of one sample for 2 x 2 pixels, gets the mean of what its pixels
    would get.

    Args:
      region: x0, y0, x1, y1 inside the picture.
      colours: float32 RGB 0..255 [y1 - y0, x1 - x0, 3].
      alpha: float32 0..1 [y1 - y0, x1 - x0]; 1 is all colour.
    """
    x0, y0, x1, y1 = region
    width, height = self._frame.width, self._frame.height
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
      raise ValueError(f'{region} is not inside a {width}x{height} picture.')
    # Out to whole chroma samples; what is added there is transparent.
    sides = (y0 % 2, y1 % 2, x0 % 2, x1 % 2)
    if any(sides):
      colours = cv2.copyMakeBorder(colours, *sides, cv2.BORDER_REPLICATE)
      alpha = cv2.copyMakeBorder(alpha, *sides, cv2.BORDER_CONSTANT, value=0)
    rows = slice(y0 - sides[0], y1 + sides[1])
    columns = slice(x0 - sides[2], x1 + sides[3])
    if self._format.is_hdr:
      colours = hdr.from_sdr(colours, self._format.transfer)
    yuv = cv2.transform(colours, self._matrix)
    self._mix(self.planes[0][rows, columns], yuv[..., 0], alpha)
    small = alpha.shape[1] // 2, alpha.shape[0] // 2
    halves = (
      slice(part.start // 2, part.stop // 2) for part in (rows, columns)
    )
    halves = tuple(halves)
    # Weighted by alpha, as each pixel would be by itself.
    weight = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)
    chroma = cv2.resize(
      yuv[..., 1:] * alpha[..., None], small, interpolation=cv2.INTER_AREA
    )
    for plane, added in zip(self.planes[1:], cv2.split(chroma), strict=True):
      target = plane[halves]
      mixed = target * (1 - weight) + added
      target[:] = np.rint(mixed, out=mixed).clip(0, self._peak)

  def frame(self) -> av.VideoFrame:
    """The picture as it is now, to be written; shares its memory."""
    return self._frame

  def _mix(self, target, value, alpha) -> None:
    mixed = target + alpha * (value - target)
    target[:] = np.rint(mixed, out=mixed).clip(0, self._peak)


def _rgb_to_yuv(matrix: int, *, bits: int, full: bool) -> np.ndarray:
  """[3, 4] float32: RGB 0..255 and 1 to samples (H.273, section 8.3)."""
  red, blue = _WEIGHTS[matrix]
  luma = np.array([red, 1 - red - blue, blue])
  chroma_blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
  chroma_red = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
  rows = np.stack([luma, chroma_blue, chroma_red]) / 255
  unit = 2 ** (bits - 8)
  scale = np.array(
    [2**bits - 1] * 3 if full else [219 * unit] + [224 * unit] * 2
  )
  offset = np.array([0 if full else 16, 128, 128]) * unit
  return np.column_stack([rows * scale[:, None], offset]).astype(np.float32)
