"""Packets of sound as they are, each at its time."""

import dataclasses
import fractions
import logging
import math
import pathlib
import re
from collections.abc import Iterator

import av

from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# Decoders need what comes before to get right: Opus 80 ms, MP3 up to 9 packets
# of 26 ms whose bits it borrows.
RUN_UP = fractions.Fraction(1, 4)


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
    zero = containers.origin(self.path, _log, kind='audio')
    with containers.open_input(self.path) as source:
      stream = containers.need_audio(source, self.path)
      copy = output.add_stream_from_template(stream, opaque=True)
      timed = TimedPackets(stream, self.path)
      for packet in source.demux(stream):
        if not timed.place(packet, later=-zero):
          continue
        if until is not None:
          left = until - packet.pts * packet.time_base
          if left <= 0:
            return
          left = round(left / packet.time_base)
          packet.duration = min(packet.duration, left)
        packet.stream = copy
        yield packet


class TimedPackets:
  """Gives the packets of a sound track, in order, their places elsewhere.

  Attributes:
    begins: when its first sample is heard, in the file's seconds.

  Args:
    stream: of an open file.
    path: of that file.
    unit: seconds that the times are counted in; None: samples.
  """

  def __init__(self, stream, path, *, unit: fractions.Fraction | None = None):
    self.begins = first_sample(path, stream.index)
    self._clock = _Clock(stream, self.begins)
    rate = stream.codec_context.sample_rate
    self._unit = unit or fractions.Fraction(1, rate)
    self._before = None

  def place(
    self,
    packet: av.Packet,
    *,
    later: fractions.Fraction,
    first: fractions.Fraction = fractions.Fraction(0),
    run_up: fractions.Fraction = RUN_UP,
  ) -> bool:
    """Writes its times into a packet; False if it is to be left out.

    Args:
      packet: the next one.
      later: seconds by which it is moved.
      first: seconds from which it is heard.
      run_up: seconds before `first` that are kept.
    """
    if not packet.size or packet.is_corrupt:
      return False
    time, lasts = self._clock.time(packet)
    time += later
    if time + lasts <= first - run_up:
      return False
    # A half is rounded down, as FFmpeg rounds the negative times of priming, or
    # a track that is moved would be a millisecond off.
    pts = math.ceil(time / self._unit - fractions.Fraction(1, 2))
    if self._before is not None and pts <= self._before:
      return False  # the file's clock went back: `audio_blocks` skips it too
    self._before = packet.pts = packet.dts = pts
    packet.time_base = self._unit
    packet.duration = round(lasts / self._unit)
    return True


class _Clock:
  """Exact times of packets whose file counts in milliseconds or so."""

  def __init__(self, stream, begins: fractions.Fraction):
    context = stream.codec_context
    self._unit = stream.time_base
    self._rate = context.sample_rate
    self._samples = context.frame_size  # per packet; 0 where it varies
    pcm = re.fullmatch(r'pcm_[suf](\d+)(le|be)?', context.name)
    self._bits = pcm and int(pcm[1]) * context.channels  # of a sample
    self._begins = begins
    self._due = None

  def time(self, packet) -> tuple[fractions.Fraction, fractions.Fraction]:
    """When a packet begins and how long it lasts, in the file's seconds."""
    lasts = (packet.duration or 0) * self._unit
    due, coarse = self._due, self._unit > fractions.Fraction(1, self._rate)
    samples = self._samples
    if self._bits:
      samples = 8 * packet.size // self._bits
    if coarse and samples:
      lasts = fractions.Fraction(samples, self._rate)
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


def first_sample(path, index: int) -> fractions.Fraction:
  """When the first sample of a stream is heard, in the file's seconds."""
  with containers.open_input(path) as source:
    frames = containers.decode(source, source.streams[index], path, _log)
    first = containers.time(next(frames), fractions.Fraction(0))
    frames.close()
  return first
