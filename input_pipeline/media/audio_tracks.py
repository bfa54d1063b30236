"""The sound of an output file: packets copied as they are, or encoded anew."""

import dataclasses
import fractions
import itertools
import logging
import pathlib
from collections.abc import Callable, Iterable, Iterator

import av
import numpy as np

from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

_FORMATS = {'.mp4': 'mp4', '.m4v': 'mp4', '.mov': 'mov', '.mkv': 'matroska'}
_EVERYWHERE = frozenset({'aac', 'mp3', 'ac3', 'eac3', 'alac'})
_PCM = frozenset(
  f'pcm_{kind}' for kind in ('s16le', 's16be', 's24le', 's24be', 'f32le')
)
# What a container holds *and* players play: MP4 could hold PCM, and MOV much
# that only FFmpeg reads.
_COPIED = {
  'mp4': _EVERYWHERE | {'opus', 'flac'},
  'mov': _EVERYWHERE | _PCM,
  'matroska': _EVERYWHERE
  | _PCM
  | {'opus', 'flac', 'vorbis', 'mp2', 'dts', 'truehd', 'pcm_u8'},
}
_LOSSLESS = ('pcm_', 'flac', 'alac', 'truehd')
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050)
_AAC_RATES += (16000, 12000, 11025, 8000)
_AAC_BITS = {1: 128_000, 2: 192_000}  # a second, by channels
_LAYOUTS = {1: 'mono', 2: 'stereo'}
# Decoders need what comes before to get right: Opus 80 ms, MP3 up to 9 packets
# of 26 ms whose bits it borrows.
_RUN_UP = fractions.Fraction(1, 4)


def can_copy(path, output) -> bool:
  """Whether the sound of a file can be in another without encoding it anew.

  Raises:
    MediaError: there is no sound, or the output's ending is unknown.
  """
  with containers.open_input(path) as source:
    context = containers.need_audio(source, path).codec_context
    return context.codec.canonical_name in _COPIED[container_format(output)]


def sound_codec(path, output) -> str:
  """The codec for sound that cannot be copied: PCM if nothing is lost so far.

  Raises:
    MediaError: as `can_copy`.
  """
  with containers.open_input(path) as source:
    context = containers.need_audio(source, path).codec_context
    name, bits = context.codec.canonical_name, context.format.bits
  if container_format(output) == 'mp4' or not name.startswith(_LOSSLESS):
    return 'aac'
  return 'pcm_s16le' if bits <= 16 else 'pcm_s24le'


def container_format(output) -> str:
  """FFmpeg's name of the container by a file's ending."""
  kind = _FORMATS.get(pathlib.Path(output).suffix.lower())
  if kind is None:
    raise containers.MediaError(
      f'{output}: the name must end in one of {", ".join(_FORMATS)}.'
    )
  return kind


@dataclasses.dataclass(frozen=True)
class CopiedAudio:
  """The first sound track of a file, packet by packet.

  Attributes:
    path: of the file.
    seconds: where the sound ends: coders fill their last packet.
  """

  path: str | pathlib.Path
  seconds: fractions.Fraction | None = None

  def packets(
    self, output, until: fractions.Fraction | None
  ) -> Iterator[av.Packet]:
    """Adds a stream to `output`, then yields its packets.

    The first sample that is heard comes when `audio_blocks` has it. Coders'
    priming lies before it, at negative times where need be: MP4 hides those by
    an edit list, Matroska by a codec delay.
    """
    ends = [end for end in (until, self.seconds) if end is not None]
    until = min(ends, default=None)
    begins, zero = _beginning(self.path)
    with containers.open_input(self.path) as source:
      stream = containers.need_audio(source, self.path)
      copy = output.add_stream_from_template(stream, opaque=True)
      clock = _Clock(stream, begins)
      for packet in source.demux(stream):
        if not packet.size or packet.is_corrupt:
          continue
        time, lasts = clock.time(packet)
        time -= zero
        if until is not None and time >= until:
          return
        if time + lasts <= -_RUN_UP:
          continue
        if until is not None:
          lasts = min(lasts, until - time)
        unit = fractions.Fraction(1, stream.codec_context.sample_rate)
        packet.time_base = unit
        packet.pts = packet.dts = round(time / unit)
        packet.duration = round(lasts / unit)
        packet.stream = copy
        yield packet


class _Clock:
  """Exact times of packets whose file counts in milliseconds or so."""

  def __init__(self, stream, begins: fractions.Fraction):
    context = stream.codec_context
    self._unit = stream.time_base
    self._rate = context.sample_rate
    self._samples = context.frame_size  # per packet; 0 where it varies
    self._begins = begins
    self._due = None

  def time(self, packet) -> tuple[fractions.Fraction, fractions.Fraction]:
    """When a packet begins and how long it lasts, in the file's seconds."""
    lasts = (packet.duration or 0) * self._unit
    due, coarse = self._due, self._unit > fractions.Fraction(1, self._rate)
    if coarse and self._samples:
      lasts = fractions.Fraction(self._samples, self._rate)
    if coarse and due is None and packet.has_sidedata('skip_samples'):
      data = bytes(packet.get_sidedata('skip_samples'))
      priming = int.from_bytes(data[:4], 'little')
      due = self._begins - fractions.Fraction(priming, self._rate)
    time = due
    if packet.pts is not None:
      time = packet.pts * self._unit
      if coarse and due is not None and abs(time - due) <= 2 * self._unit:
        time = due
    if time is None:
      time = fractions.Fraction(0)
    self._due = time + lasts
    return time, lasts


def _beginning(path) -> tuple[fractions.Fraction, fractions.Fraction]:
  """When its first sample is heard and its time 0, in the file's seconds."""
  with containers.open_input(path) as source:
    stream = containers.need_audio(source, path)
    frames = containers.decode(source, stream, path, _log)
    first = containers.time(next(frames), fractions.Fraction(0))
    frames.close()
  return first, containers.origin(path, _log, kind='audio')


@dataclasses.dataclass(frozen=True)
class EncodedAudio:
  """Samples that are encoded when they are asked for.

  Attributes:
    blocks: returns an iterable of f32 [n, channels] in -1..1.
    sample_rate, channels: of them; at most 2 channels.
    codec: 'aac', which resamples to 48 kHz what it does not know, or FFmpeg's
      name of a kind of PCM.
  """

  blocks: Callable[[], Iterable[np.ndarray]]
  sample_rate: int
  channels: int
  codec: str = 'aac'

  @property
  def output_rate(self) -> int:
    """Samples a second as encoded."""
    known = self.codec != 'aac' or self.sample_rate in _AAC_RATES
    return self.sample_rate if known else 48_000

  def packets(
    self, output, until: fractions.Fraction | None
  ) -> Iterator[av.Packet]:
    """Adds a stream to `output`, then yields its packets."""
    layout, rate = _LAYOUTS[self.channels], self.output_rate
    stream = output.add_stream(self.codec, rate, layout=layout)
    if self.codec == 'aac':
      stream.bit_rate = _AAC_BITS[self.channels]
    resampler = av.AudioResampler(
      stream.codec_context.format.name, layout, rate, frame_size=1024
    )
    for frame in itertools.chain(self._frames(until, layout), [None]):
      for piece in resampler.resample(frame):
        yield from stream.encode(piece)
    yield from stream.encode(None)

  def _frames(self, until, layout: str) -> Iterator[av.AudioFrame]:
    most = None if until is None else round(until * self.sample_rate)
    done = 0
    for block in self.blocks():
      block = np.asarray(block, np.float32).reshape(-1, self.channels)
      if most is not None:
        block = block[: most - done]
      for start in range(0, len(block), 4096):
        part = np.ascontiguousarray(block[start : start + 4096])
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), 'flt', layout)
        frame.sample_rate = self.sample_rate
        frame.pts = done
        frame.time_base = fractions.Fraction(1, self.sample_rate)
        done += len(part)
        yield frame
      if done == most:
        return
