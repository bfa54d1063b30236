"""What is in a file."""

import contextlib
import dataclasses
import fractions
import logging

from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class VideoInfo:
  """A video as a viewer sees it.

  Attributes:
    width, height: pixels, after rotation.
    fps: average frame rate.
    duration: seconds; 0 where the container does not say.
    has_audio: whether there is a sound track.
    rotation: degrees counter-clockwise the stored picture is turned by.
    codec: FFmpeg's name, such as 'h264'.
    pixel_aspect: width by height of a pixel, as shown; 1 unless anamorphic.
  """

  width: int
  height: int
  fps: fractions.Fraction
  duration: float
  has_audio: bool
  rotation: int
  codec: str
  pixel_aspect: fractions.Fraction = fractions.Fraction(1)


@dataclasses.dataclass(frozen=True)
class AudioInfo:
  """A sound track: samples per second, channels, FFmpeg's codec name."""

  sample_rate: int
  channels: int
  codec: str


def probe(path) -> VideoInfo:
  """Reads the facts of a video; decodes one frame to be sure it can be.

  Raises:
    MediaError: there is no video that can be decoded.
  """
  with containers.open_input(path) as container:
    stream = containers.need_video(container, path, threads=1)  # one frame
    frames = containers.decode(container, stream, path, _log)
    frame = next(frames)
    frames.close()
    rotation = quarter_turns(frame) * 90
    width, height = frame.width, frame.height
    aspect = fractions.Fraction(stream.sample_aspect_ratio or 1)
    if rotation % 180:
      width, height, aspect = height, width, 1 / aspect
    return VideoInfo(
      width=width,
      height=height,
      fps=frame_rate(stream),
      duration=_duration(container, stream),
      has_audio=bool(container.streams.audio),
      rotation=rotation,
      codec=stream.codec_context.name,
      pixel_aspect=aspect,
    )


def probe_audio(path) -> AudioInfo:
  """Reads the facts of the first sound track.

  Raises:
    MediaError: there is no sound that can be decoded.
  """
  with containers.open_input(path) as container:
    stream = containers.need_audio(container, path)
    frames = containers.decode(container, stream, path, _log)
    frame = next(frames)
    frames.close()
    channels = frame.layout.nb_channels
    return AudioInfo(frame.sample_rate, channels, stream.codec_context.name)


def metadata(path) -> dict[str, str]:
  """The tags of a file, such as 'comment'.

  Raises:
    MediaError: it cannot be read.
  """
  with containers.open_input(path) as container:
    return dict(container.metadata)


def quarter_turns(frame) -> int:
  """Counter-clockwise quarter turns that put a decoded frame upright."""
  return round(frame.rotation / 90) % 4


def frame_rate(stream) -> fractions.Fraction:
  """The average rate, or the nearest thing to it that makes sense."""
  for rate in (stream.average_rate, stream.guessed_rate):
    if rate and 1 <= rate <= 240:
      # 1001 keeps 30000/1001 exact and tames 2997003/99901.
      return fractions.Fraction(rate).limit_denominator(1001)
  return fractions.Fraction(25)


def _duration(container, stream) -> float:
  if stream.duration and stream.time_base:
    return float(stream.duration * stream.time_base)
  # Matroska says it in a tag; its own field counts the sound as well.
  hours, _, rest = stream.metadata.get('DURATION', '').partition(':')
  minutes, _, seconds = rest.partition(':')
  with contextlib.suppress(ValueError):
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
  return (container.duration or 0) / 1e6
