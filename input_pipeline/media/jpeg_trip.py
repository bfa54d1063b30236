"""Frames as `ffmpeg -f image2 %06d.jpg` leaves them on a disk.

syncnet_python and Wav2Lip's evaluation read the frames back from such files,
written at the default quality: a rate control that aims at 200 kb/s. It adapts
from frame to frame, so the first second of a 360 x 288 clip has three times the
bytes of the third, and a frame's picture depends on those before it. The coder
is FFmpeg's own here as well. Of videos of 4:2:0 and 8 bits the pictures are
those of ffmpeg 5.1 to the bit, but for a frame now and then (3 of 1780, in one
of five clips) where another version's Huffman codes, a few bytes longer, tip
the rate control.
"""

import fractions

import av
import cv2
import numpy as np

from input_pipeline.media import pictures, planes

_FPS = 25  # the rate control counts bits per second
_FULL = 'yuvj420p'

# From limited to full range, rounded. FFmpeg's scaler did this until version 5
# at least; PyAV's (8) takes half of all chroma values to the level below.
_LEVELS = np.arange(256)
_LUMA = np.rint((_LEVELS - 16) * 255 / 219).clip(0, 255).astype(np.uint8)
_CHROMA = np.rint((_LEVELS - 128) * 255 / 224 + 128).clip(0, 255)
_TABLES = (_LUMA, *[_CHROMA.astype(np.uint8)] * 2)


class JpegTrip:
  """Codes frames of one video, in order, and decodes them again."""

  def __init__(self):
    self._coder: av.VideoCodecContext | None = None
    self._count = 0

  def picture(self, picture: pictures.Picture) -> np.ndarray:
    """A decoded frame -> [h, w, 3] uint8 RGB, upright."""
    with picture.lock:
      frame = _full_range(picture.frame)
    return planes.turned(self._trip(frame), picture.turns)

  def image(self, image: np.ndarray) -> np.ndarray:
    """[h, w, 3] uint8 RGB -> the same."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), 'rgb24')
    return self._trip(_full_range(frame.reformat(format='yuv420p')))

  def _trip(self, frame: av.VideoFrame) -> np.ndarray:
    if self._coder is None:
      self._coder = _coder(frame.width, frame.height)
    frame.pts, frame.time_base = self._count, self._coder.time_base
    self._count += 1
    [packet] = self._coder.encode(frame)
    # By OpenCV, as the original reads its files.
    coded = np.frombuffer(bytes(packet), np.uint8)
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def _full_range(frame: av.VideoFrame) -> av.VideoFrame:
  full = av.video.reformatter.ColorRange.JPEG
  if frame.format.name != 'yuv420p' or frame.color_range == full:
    return frame.reformat(format=_FULL)
  result = av.VideoFrame(frame.width, frame.height, _FULL)
  pairs = zip(planes.views(frame), planes.views(result), strict=True)
  for (old, new), table in zip(pairs, _TABLES, strict=True):
    new[:] = table[old]
  return result


def _coder(width: int, height: int) -> av.VideoCodecContext:
  coder = av.CodecContext.create('mjpeg', 'w')
  coder.width, coder.height, coder.pix_fmt = width, height, _FULL
  coder.time_base = fractions.Fraction(1, _FPS)
  coder.framerate = fractions.Fraction(_FPS)
  # Known to be square, they cost 18 bytes of header, which the rate control
  # counts.
  coder.sample_aspect_ratio = fractions.Fraction(1)
  coder.thread_count = 1  # The original says -threads 1; more share the bits.
  return coder
