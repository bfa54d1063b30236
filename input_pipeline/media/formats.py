"""What an output's pictures are, and how decoded ones become that.

The rule is to keep: matrix, range, primaries and transfer stay the source's,
8-bit 4:2:0 stays bit for bit. What cannot be kept, because players of MP4 show
nothing but 4:2:0 of 8 or 10 bits, is converted and said in `Format.changes`.
"""

import dataclasses
import fractions

import av
import numpy as np

from input_pipeline.media import changes, chroma, colour, hdr, planes, tags
from input_pipeline.media import container as containers

# 8 bits as H.264. More as H.265, tagged hvc1: phones and browsers play its
# Main 10, but no H.264 of 10 bits.
_CODECS = {'yuv420p': 'libx264', 'yuv420p10le': 'libx265'}
_SMALLEST_H265 = 16  # pixels; x265 refuses less


@dataclasses.dataclass(frozen=True)
class Format:
  """Pictures of one output.

  Attributes:
    width, height: pixels, upright, even.
    pixels: 'yuv420p' or 'yuv420p10le'.
    matrix, primaries, transfer: numbers of ITU-T H.273; 2: unspecified.
    full_range: whether luma is 0..255 (of 8 bits), not 16..235.
    pixel_aspect: width by height of a pixel as shown.
    chroma_location: H.273's number; 0 left, 1 centre, see `chroma`.
    light: mastering display and light levels of HDR10, as x265 takes them.
    changes: one plain phrase for each thing that is not as in the source.
  """

  width: int
  height: int
  pixels: str = 'yuv420p'
  matrix: int = 1
  primaries: int = 1
  transfer: int = 1
  full_range: bool = False
  pixel_aspect: fractions.Fraction = fractions.Fraction(1)
  chroma_location: int = chroma.CENTRE
  light: str = ''
  changes: tuple[str, ...] = ()

  @property
  def bits(self) -> int:
    return 10 if self.pixels == 'yuv420p10le' else 8

  @property
  def codec(self) -> str:
    """FFmpeg's name of the coder."""
    return _CODECS[self.pixels]

  def frame_of(self, picture) -> av.VideoFrame:
    """A `Picture` as a new frame of this format; nothing becomes RGB.

    The planes are the source's own, copied, turned upright and cut to even
    sizes, where they are of the same layout and depth. A picture of another
    size than the first, as in recorded calls, is scaled.
    """
    halves = not _splits_chroma(picture)
    with picture.lock:
      source = self.converted(
        picture.frame,
        picture.converter,
        pixels=None if halves else self.pixels.replace('420', '444'),
        size=self._stored_size(picture),
      )
    result = self._tag(av.VideoFrame(self.width, self.height, self.pixels))
    planes.copy(source, result, turns=picture.turns)
    return result

  def frame_of_rgb(
    self, image: np.ndarray, converter: colour.Converter | None = None
  ) -> av.VideoFrame:
    """uint8 RGB [height, width, 3] as a new frame of this format.

    Args:
      image: the picture.
      converter: keeps what FFmpeg prepares, for many pictures.
    """
    if self.is_hdr:
      image = hdr.from_sdr(image.astype(np.float32), self.transfer)
      image = np.rint(image * 257).astype(np.uint16)
    kind = 'rgb48le' if self.is_hdr else 'rgb24'
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), kind)
    return self._tag(self.converted(frame, converter or colour.Converter()))

  @property
  def is_hdr(self) -> bool:
    return self.transfer in (tags.PQ, tags.HLG)

  def converted(
    self,
    frame: av.VideoFrame,
    converter: colour.Converter,
    *,
    pixels: str | None = None,
    size: tuple[int, int] | None = None,
  ) -> av.VideoFrame:
    """A stored frame in this format's layout (or `pixels`), not turned.

    Args:
      size: width and height; None: the frame's.
    """
    width, height = size or (frame.width, frame.height)
    return converter.yuv(
      frame,
      pixels or self.pixels,
      matrix=self.matrix,
      full_range=self.full_range,
      width=width,
      height=height,
    )

  def _stored_size(self, picture) -> tuple[int, int]:
    """What a picture must have been to be cut to this format."""
    width, height = picture.size
    if (width // 2 * 2, height // 2 * 2) != (self.width, self.height):
      width, height = self.width, self.height
    return (height, width) if picture.turns % 2 else (width, height)

  def _tag(self, frame: av.VideoFrame) -> av.VideoFrame:
    frame.colorspace, frame.color_primaries = self.matrix, self.primaries
    frame.color_trc = self.transfer
    frame.color_range = tags.RANGES[self.full_range]
    return frame


def plain_format(
  width: int, height: int, *, pixel_aspect: fractions.Fraction | int = 1
) -> Format:
  """8 bits in limited range, in the colours players assume for the size."""
  matrix, primaries, transfer = tags.customs(width, height)
  return Format(
    width=width,
    height=height,
    matrix=matrix,
    primaries=primaries,
    transfer=transfer,
    pixel_aspect=fractions.Fraction(pixel_aspect),
  )


def output_format(
  picture, *, pixel_aspect: fractions.Fraction | int = 1
) -> Format:
  """The format that keeps most of a video's first `Picture`.

  Args:
    picture: decoded, of any format.
    pixel_aspect: width by height of a pixel of the upright picture.

  Raises:
    MediaError: less than two pixels wide or high.
  """
  frame = picture.frame
  width, height = (length // 2 * 2 for length in picture.size)
  if not width or not height:
    raise containers.MediaError(
      'The picture is less than two pixels wide or high.'
    )
  bits = max(part.bits for part in frame.format.components)
  matrix, primaries, transfer = tags.tags(frame)
  small = min(width, height) < _SMALLEST_H265
  result = Format(
    width=width,
    height=height,
    pixels='yuv420p' if bits <= 8 or small else 'yuv420p10le',
    matrix=matrix,
    primaries=primaries,
    transfer=transfer,
    full_range=tags.is_full(frame),
    pixel_aspect=fractions.Fraction(pixel_aspect),
    light=hdr.light(frame),
  )
  said = tuple(changes.changes(picture, result.bits))
  result = dataclasses.replace(result, changes=said)
  if _splits_chroma(picture):
    return result
  location = chroma.location(result.converted(frame, picture.converter))
  location = chroma.turned(location, picture.turns)
  return dataclasses.replace(result, chroma_location=location)


def _splits_chroma(picture) -> bool:
  """Whether 2 x 2 pixels that share chroma in a picture no longer do upright.

  An odd last column or row, turned round, comes first.
  """
  return bool(picture.turns) and any(length % 2 for length in picture.size)
