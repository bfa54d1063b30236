"""Videos of a talker with a flash and a click at one moment, of any kind.

However they are stored, the flash must come out in the frame that the click is
heard in.
"""

import dataclasses
import fractions
import functools
from collections.abc import Sequence

import av
import cv2
import numpy as np

from input_pipeline import synthetic

FRAMES = 24  # at 25 a second
FLASH = 11  # frame; not one in which faces are looked for
SIDE = 128
SECONDS = FRAMES / 25
_UNIT = fractions.Fraction(1, 1000)
_UNDO = {
  90: cv2.ROTATE_90_CLOCKWISE,
  180: cv2.ROTATE_180,
  -90: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclasses.dataclass(frozen=True)
class Kind:
  """How a video is stored.

  Attributes:
    times: ms of every picture; what is on screen is decided by it.
    size: width and height, upright.
    codec, pixels: of the picture.
    rotation: degrees counter-clockwise, told in the file.
    face: whether there is one.
    sound: codec; None: no sound.
    rate, layout: of the sound.
    level: of the noise beside the click; 0: silence without a click.
    heard: seconds for which there is sound.
    sound_from: seconds, the first sample; of what would be heard then.
    start: seconds that are added to all times in the file.
  """

  times: Sequence[int] = tuple(range(0, 40 * FRAMES, 40))
  size: tuple[int, int] = (SIDE, SIDE)
  codec: str = 'libx264'
  pixels: str = 'yuv420p'
  rotation: int = 0
  face: bool = True
  sound: str | None = 'pcm_s16le'
  rate: int = 16_000
  layout: str = 'mono'
  level: float = 0.03
  heard: float = SECONDS
  sound_from: float = 0.0
  start: float = 0.0


def rate(fps: float) -> tuple[int, ...]:
  """Times of a constant frame rate."""
  return tuple(round(1000 * k / fps) for k in range(round(SECONDS * fps)))


@functools.cache
def _talker() -> np.ndarray:
  """[FRAMES, SIDE, SIDE, 3] uint8 RGB, with a white forehead at the flash."""
  clip = synthetic.make_clip(
    synthetic.person(0), seed=0, num_frames=FRAMES, height=SIDE, width=SIDE
  )
  frames = clip.frames.copy()
  frames[FLASH, 50:60, 56:74] = 255  # smaller than what counts as a cut
  return frames


def _samples(kind: Kind) -> np.ndarray:
  """[n] float32 of noise, with a click of 2 ms when the flash begins."""
  rng = np.random.default_rng(0)
  count = round(kind.heard * kind.rate)
  sound = kind.level * rng.uniform(-1, 1, count)
  click = round((FLASH / 25 - kind.sound_from) * kind.rate)
  if kind.level and click >= 0:
    sound[click : click + kind.rate // 500] = 0.9
  return sound.astype(np.float32)


def write(path, kind: Kind) -> None:
  """Writes a video; its suffix names the container."""
  with av.open(f'file:{path}', 'w') as container:
    video = _video(container, kind)
    sound = kind.sound and container.add_stream(
      kind.sound, kind.rate, layout=kind.layout
    )
    for time in kind.times:
      container.mux(video.encode(_picture(kind, time)))
    container.mux(video.encode(None))
    if sound:
      for frame in _heard(kind, sound.format.name):
        container.mux(sound.encode(frame))
      container.mux(sound.encode(None))


def _video(container, kind: Kind):
  fast = {'preset': 'ultrafast', 'crf': '12'}
  options = fast if kind.codec == 'libx264' else {}
  video = container.add_stream(kind.codec, 25, options=options)
  width, height = kind.size
  if kind.rotation % 180:
    width, height = height, width
  video.width, video.height, video.pix_fmt = width, height, kind.pixels
  video.codec_context.time_base = _UNIT
  if len(kind.times) > 1:
    fps = fractions.Fraction(1000 * (len(kind.times) - 1), kind.times[-1])
    video.codec_context.framerate = fps.limit_denominator(1001)
  if kind.rotation:
    video.set_display_rotation(kind.rotation)
  return video


def _picture(kind: Kind, time: int) -> av.VideoFrame:
  image = _talker()[min(time // 40, FRAMES - 1)]
  if not kind.face:
    image = np.full_like(image, 128)
  if kind.size != (SIDE, SIDE):
    image = _framed(image, kind.size)
  if kind.rotation:
    image = cv2.rotate(image, _UNDO[kind.rotation])
  frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), 'rgb24')
  frame = frame.reformat(format=kind.pixels)
  frame.pts, frame.time_base = time + round(1000 * kind.start), _UNIT
  return frame


def _framed(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """As large as fits, in the middle of grey."""
  width, height = size
  side = min(size)
  framed = np.full((height, width, 3), 128, np.uint8)
  x, y = (width - side) // 2, (height - side) // 2
  framed[y : y + side, x : x + side] = cv2.resize(image, (side, side))
  return framed


def _heard(kind: Kind, format_name: str):
  """The sound in frames of 1024 samples, the same in all channels."""
  layout = av.AudioLayout(kind.layout)
  resampler = av.AudioResampler(format_name, layout, kind.rate, 1024)
  sound = np.repeat(_samples(kind)[:, None], layout.nb_channels, axis=1)
  frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), 'flt', kind.layout)
  frame.sample_rate, frame.time_base = (
    kind.rate,
    fractions.Fraction(1, kind.rate),
  )
  frame.pts = round((kind.start + kind.sound_from) * kind.rate)
  return [*resampler.resample(frame), *resampler.resample(None)]
