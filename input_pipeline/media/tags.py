"""What the colours of a frame are: said by its tags, or assumed.

Numbers are those of ITU-T H.273, which FFmpeg's AVCOL_* follow.
"""

import av
from av.video.reformatter import ColorRange

_UNSPECIFIED = 2
_BT709 = 1
_SMPTE170M = 6  # BT.601, 525 lines; the same matrix as 625 lines (5)
_BT2020 = 9
# What the scaler can convert.
KNOWN_MATRICES = (_BT709, 4, 5, _SMPTE170M, 7, _BT2020)
# What coders write. Others are unspecified, reserved or too new for them (x265
# refuses to start); 0 is RGB.
_MATRICES = (_BT709, *range(4, 15))
_PRIMARIES = (_BT709, *range(4, 13))
_TRANSFERS = (_BT709, *range(4, 19))
# Transfers of more light than SDR's white: SMPTE ST 2084 and ARIB STD-B67.
PQ, HLG = 16, 18
# Matrix, primaries, transfer. Of the primaries of SD footage nothing is known:
# NTSC, PAL or sRGB. 14: the curve of BT.709 in BT.2020's 10 bits.
_USUAL = {
  _BT709: (_BT709, _BT709, _BT709),
  _SMPTE170M: (_SMPTE170M, _UNSPECIFIED, _SMPTE170M),
  _BT2020: (_BT2020, _BT2020, 14),
}

RANGES = {False: ColorRange.MPEG, True: ColorRange.JPEG}


def matrix(frame: av.VideoFrame) -> int:
  """The matrix a frame is read with."""
  if frame.colorspace in KNOWN_MATRICES:
    return frame.colorspace
  if is_hdr(frame):
    return _BT2020
  # Unspecified, RGB, or one nobody uses.
  return customs(frame.width, frame.height)[0]


def is_hdr(frame: av.VideoFrame) -> bool:
  return frame.color_trc in (PQ, HLG)


def is_rgb(frame: av.VideoFrame) -> bool:
  return frame.format.is_rgb or frame.format.has_palette


def is_full(frame: av.VideoFrame) -> bool:
  """Whether a YUV frame's luma is 0..255, not 16..235 (of 8 bits)."""
  if is_rgb(frame):
    return False  # it becomes YUV of the usual range
  full = frame.color_range == ColorRange.JPEG
  return full or frame.format.name.startswith('yuvj')


def side_data(frame: av.VideoFrame) -> list:
  """What else comes with a frame.

  Nothing if PyAV has no name for a part of it, such as the EXIF of photographs:
  it then tells of none (PyAV 18.1).
  """
  try:
    return list(frame.side_data)
  except ValueError:
    return []


def tags(frame: av.VideoFrame) -> tuple[int, int, int]:
  """Matrix, primaries and transfer to write for what a frame becomes.

  They are the frame's own; what it leaves open is what `matrix` assumes.
  """
  found = frame.colorspace
  if found not in _MATRICES or is_rgb(frame):
    found = matrix(frame)
  primaries, transfer = frame.color_primaries, frame.color_trc
  _, usual_primaries, usual_transfer = _USUAL.get(found, _USUAL[_SMPTE170M])
  if primaries not in _PRIMARIES:
    primaries = usual_primaries
  if transfer not in _TRANSFERS:
    transfer = usual_transfer
  return found, primaries, transfer


def customs(width: int, height: int) -> tuple[int, int, int]:
  """Matrix, primaries and transfer players assume for an untagged picture."""
  # 720p and above; by the longer side, so that upright phone video counts.
  return _USUAL[_BT709 if max(width, height) >= 1280 else _SMPTE170M]
