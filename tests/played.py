"""A file as a player gets it: read by PyAV alone, none of our own readers."""

import dataclasses
import fractions

import av
import numpy as np
from av.video.reformatter import (
  ColorRange,
  Interpolation,
  VideoReformatter,
)

_EXACT = (
  Interpolation.BILINEAR
  | Interpolation.ACCURATE_RND
  | Interpolation.FULL_CHR_H_INP
)
_LOUD = 0.3


@dataclasses.dataclass(frozen=True, eq=False)
class Played:
  """What is in a file.

  Attributes:
    frames: decoded pictures.
    times: float64 [n], seconds after the first picture; nan if not said.
    turns: counter-clockwise quarter turns that put them upright.
    aspect: width by height of a pixel.
    codec, tag: of the pictures.
    duration: seconds of the picture, as the container says.
    metadata: of the container.
  """

  frames: list[av.VideoFrame]
  times: np.ndarray
  turns: int
  aspect: fractions.Fraction
  codec: str
  tag: str
  duration: float
  metadata: dict[str, str]


def read(path) -> Played:
  """Decodes all pictures."""
  with av.open(f'file:{path}') as container:
    video = container.streams.video[0]
    frames = list(container.decode(video))
    seconds = [
      np.nan if frame.pts is None else float(frame.pts * frame.time_base)
      for frame in frames
    ]
    length = (video.duration or 0) * (video.time_base or 0)
    return Played(
      frames=frames,
      times=np.subtract(seconds, seconds[0]),
      turns=round(frames[0].rotation / 90) % 4,
      aspect=fractions.Fraction(video.sample_aspect_ratio or 1),
      codec=video.codec_context.name,
      tag=video.codec_context.codec_tag,
      duration=float(length),
      metadata=dict(container.metadata),
    )


def planes(frame: av.VideoFrame, turns: int, like: av.VideoFrame) -> list:
  """A source's picture as it ought to be in an output like that.

  Returns:
    Y, U and V, float32 [h, w].
  """
  layout = like.format.name
  if frame.format.name.replace('yuvj', 'yuv') != layout:
    rgb = frame.format.is_rgb or frame.format.has_palette
    said = like if rgb else frame
    matrix = {6: 5}.get(int(said.colorspace), int(said.colorspace))
    frame = VideoReformatter().reformat(
      frame,
      format=layout,
      src_colorspace=matrix,
      dst_colorspace=matrix,
      src_color_range=ColorRange.JPEG if rgb else like.color_range,
      dst_color_range=like.color_range,
      interpolation=_EXACT,
    )
  upright = [np.rot90(plane, turns) for plane in _views(frame)]
  sizes = [plane.shape for plane in _views(like)]
  return [
    plane[:height, :width].astype(np.float32)
    for plane, (height, width) in zip(upright, sizes, strict=True)
  ]


def _views(frame: av.VideoFrame) -> list[np.ndarray]:
  deep = frame.format.components[0].bits > 8
  return [
    np.frombuffer(plane, np.uint16 if deep else np.uint8).reshape(
      plane.height, -1
    )[:, : plane.width]
    for plane in frame.planes
  ]


def psnr(one, other, bits: int) -> float:
  """Decibels, over all samples of all planes; at most 99."""
  error = np.concatenate(
    [np.ravel(a - b) for a, b in zip(one, other, strict=True)]
  )
  mean = max(np.square(error).mean(), 1e-9)
  return min(99.0, 10 * np.log10((2**bits - 1) ** 2 / mean))


def clicks(path) -> np.ndarray:
  """Seconds at which clicks begin, after the first picture (or sound)."""
  cover = av.stream.Disposition.attached_pic
  with av.open(f'file:{path}') as container:
    pictures = [s for s in container.streams.video if not s.disposition & cover]
    first = next(container.decode([*pictures, container.streams.audio[0]][0]))
    start = float(first.pts * first.time_base)
  with av.open(f'file:{path}') as container:
    sound = container.streams.audio[0]
    found = []
    for frame in container.decode(sound):
      begin = float(frame.pts * frame.time_base) - start
      loud = np.flatnonzero(_loudness(frame) > _LOUD)
      found += list(begin + loud / frame.sample_rate)
  found = np.array(found)
  return found[np.diff(found, prepend=-1) > 0.02]


def sound_seconds(path) -> float:
  """How much sound there is."""
  with av.open(f'file:{path}') as container:
    frames = container.decode(container.streams.audio[0])
    return sum(frame.samples / frame.sample_rate for frame in frames)


def _loudness(frame: av.AudioFrame) -> np.ndarray:
  """[n] 0..1: of the loudest channel."""
  resampler = av.AudioResampler('fltp', frame.layout.name, frame.sample_rate)
  return np.abs(resampler.resample(frame)[0].to_ndarray()).max(0)
