"""Videos of every awkward kind, small, whose pictures tell their numbers.

Four bright spots stand for the face, so that it can be found however the
picture is stored, turned or scaled; picture k is k levels brighter than the
first.
"""

import dataclasses
import fractions
import functools
import itertools
from collections.abc import Sequence

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

COUNT = 24  # pictures
FACE = range(16)  # the spots are in these
LIGHT = 150  # levels; only the spots are brighter
_DRAWN = 256  # pixels
_GREEN = np.array([0.02, 0.02, -0.02])  # the ground is no plain grey


@dataclasses.dataclass(frozen=True)
class Clip:
  """How a video is stored.

  Attributes:
    fps: pictures a second.
    times: ms of every picture instead, or numbers of ticks if `unit` is given.
    unit: seconds of the file's clock; None: 1 / fps, or 1 ms for `times`.
    count: of pictures; `times` has as many.
    face: the pictures with a face.
    black: the black pictures.
    size: width and height as stored.
    codec, pixels, options: of the coder.
    tags: matrix, primaries, transfer of H.273; None: not said.
    full: whether luma is 0..255.
    rotation: degrees counter-clockwise, told in the file.
    aspect: width by height of a pixel.
    interlaced: told in the file.
    shots: pictures between cuts; 0: none.
    start: of the first picture; with `times` all are moved.
    sound_from: seconds; there is sound with a click from then on, in the file's
      own time; None: no sound.
  """

  fps: fractions.Fraction | int = 25
  times: Sequence[int] | None = None
  unit: fractions.Fraction | None = None
  count: int = COUNT
  face: Sequence[int] = FACE
  black: Sequence[int] = ()
  size: tuple[int, int] = (128, 96)
  codec: str = 'libx264'
  pixels: str = 'yuv420p'
  options: tuple[tuple[str, str], ...] = (('crf', '6'), ('preset', 'ultrafast'))
  tags: tuple[int, int, int] | None = None
  full: bool = False
  rotation: int = 0
  aspect: fractions.Fraction | None = None
  interlaced: bool = False
  shots: int = 0
  start: int = 0
  sound_from: float | None = None


def image(number: int, clip: Clip) -> np.ndarray:
  """Picture `number` of a clip, uint8 RGB [h, w, 3], upright."""
  size = clip.size[:: -1 if clip.rotation % 180 else 1]
  level = 60 + number + 20 * (clip.shots and number // clip.shots % 2)
  if number in clip.black:
    return np.zeros((*size[::-1], 3), np.uint8)
  return _drawn(size, level, number in clip.face)


@functools.lru_cache(256)
def _drawn(size: tuple[int, int], level: int, face: bool) -> np.ndarray:
  width, height = size
  if max(size) > _DRAWN:  # drawn small: large ones take seconds
    width, height = (_DRAWN * length // max(size) for length in size)
  y, x = np.mgrid[:height, :width] / min(width, height)
  ground = level + 20 * np.sin(6 * x) * np.cos(5 * y)
  picture = ground[..., None] * (1 + _GREEN * (1 + x[..., None]))
  if face:
    x0, y0 = (length / min(width, height) / 2 for length in (width, height))
    spots = [(0, -0.32), (0, 0.32), (-0.24, 0), (0.24, 0)]
    distance = np.min(
      [np.hypot(x - x0 - dx, y - 0.9 * y0 - dy) for dx, dy in spots], axis=0
    )
    spot = (1.6 - distance / 0.025).clip(0, 1)[..., None]
    picture = picture + spot * (210 - picture)
  picture = picture.round().clip(0, 255).astype(np.uint8)
  return cv2.resize(picture, size) if (width, height) != size else picture


def times(clip: Clip) -> tuple[list[int], fractions.Fraction]:
  """Of all pictures in the file, and their unit."""
  if clip.times is None:
    unit = clip.unit or 1 / fractions.Fraction(clip.fps)
    step = 1 / (unit * clip.fps)
    return [clip.start + round(k * step) for k in range(clip.count)], unit
  unit = clip.unit or fractions.Fraction(1, 1000)
  return [clip.start + time for time in clip.times], unit


def write(path, clip: Clip, *, options: dict[str, str] | None = None):
  """Writes a clip; the suffix names the container. Returns the path."""
  options = {'strict': '-2'} | (options or {})
  with av.open(f'file:{path}', 'w', options=options) as container:
    stamps, unit = times(clip)
    video = _stream(container, clip, unit)
    sound = None
    if clip.sound_from is not None:
      codec = 'libopus' if str(path).endswith('webm') else 'aac'
      sound = container.add_stream(codec, 48_000, layout='mono')
    for number, stamp in enumerate(stamps):
      frame = _frame(number, clip)
      frame.pts, frame.time_base = stamp, unit
      container.mux(video.encode(frame))
    container.mux(video.encode(None))
    if sound:
      for frame in _click(clip.sound_from, sound):
        container.mux(sound.encode(frame))
      container.mux(sound.encode(None))
  return path


def _stream(container, clip: Clip, unit: fractions.Fraction):
  options = dict(clip.options) if clip.codec.startswith('libx26') else {}
  if clip.codec == 'libx265':
    options['x265-params'] = 'log-level=error'
  if clip.codec.startswith('libvpx'):
    options = {'crf': '4', 'b': '0', 'deadline': 'realtime', 'cpu-used': '8'}
    if clip.codec == 'libvpx':
      options['b'] = '8M'
  video = container.add_stream(clip.codec, clip.fps, options=options)
  video.width, video.height = clip.size
  video.pix_fmt = clip.pixels
  context = video.codec_context
  context.time_base = unit
  if clip.codec in ('mpeg4', 'mpeg2video', 'mjpeg'):
    context.qmin, context.qmax = 1, 2
    context.bit_rate = 20_000_000
  context.gop_size = 12
  if clip.rotation:
    video.set_display_rotation(clip.rotation)
  if clip.aspect:
    context.sample_aspect_ratio = clip.aspect
  if clip.tags:
    context.colorspace, context.color_primaries, context.color_trc = clip.tags
    context.color_range = (ColorRange.MPEG, ColorRange.JPEG)[clip.full]
  if clip.interlaced:
    context.flags |= av.codec.context.Flags.interlaced_dct
  return video


def _frame(number: int, clip: Clip) -> av.VideoFrame:
  picture = image(number, clip)
  stored = np.rot90(picture, -clip.rotation // 90)
  frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), 'rgb24')
  matrix = clip.tags[0] if clip.tags else 5
  frame = frame.reformat(
    format=clip.pixels,
    dst_colorspace={6: 5}.get(matrix, matrix),
    src_color_range=ColorRange.JPEG,
    dst_color_range=(ColorRange.MPEG, ColorRange.JPEG)[clip.full],
  )
  if clip.tags:
    frame.colorspace, frame.color_primaries, frame.color_trc = clip.tags
    frame.color_range = (ColorRange.MPEG, ColorRange.JPEG)[clip.full]
  frame.pict_type = PictureType.NONE
  return frame


def _click(start: float, stream):
  """1.2 s of silence with a click of 1 ms after 0.5 s."""
  rate = stream.codec_context.sample_rate
  samples = np.zeros((1, round(1.2 * rate)), np.float32)
  samples[:, rate // 2 : rate // 2 + rate // 1000] = 0.9
  frame = av.AudioFrame.from_ndarray(samples, 'flt', 'mono')
  frame.sample_rate, frame.pts = rate, round(start * rate)
  frame.time_base = fractions.Fraction(1, rate)
  resampler = av.AudioResampler(
    stream.codec_context.format.name, 'mono', rate, 960
  )
  return itertools.chain(resampler.resample(frame), resampler.resample(None))
