"""Packets of sound as they are, each at its time."""

import dataclasses
import fractions
import logging
import pathlib
from collections.abc import Iterator

import av

from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# Decoders need what comes before to get right: Opus 80 ms, MP3 up to 9 packets
# of 26 ms whose bits it borrows.
_RUN_UP = fractions.Fraction(1, 4)


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
    before = None
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
        if before is not None and packet.pts <= before:
          continue  # the file's clock went back: `audio_blocks` skips it too
        before = packet.pts
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
