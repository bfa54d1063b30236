"""A file once more with its sound earlier or later: nothing is coded again."""

import contextlib
import fractions
import logging
import pathlib
from collections.abc import Iterator

import av

from input_pipeline.media import appears, copied_audio, sound_codecs
from input_pipeline.media import container as containers

_log = logging.getLogger(__name__)

# What the muxers write themselves.
_OWN_TAGS = {'major_brand', 'minor_version', 'compatible_brands', 'encoder'}
# Matroska cannot hide what only the decoder needs, as MP4's edit lists do: it
# is heard before the picture begins. 0.1 s is Opus' 80 ms, four packets of MP3,
# five of AAC.
_RUN_UP = {'matroska': fractions.Fraction(1, 10)}
_UNIT = {'matroska': fractions.Fraction(1, 1000)}
# Formats whose times count from whenever the sender was switched on: MP4 would
# show nothing for so long.
_RUNNING_CLOCKS = ('mpegts', 'mpeg')
# MP4 counts edits in this, by default in milliseconds.
_CLOCK = 48_000
_PICTURE = av.stream.Disposition.attached_pic


def delayed(source, output, seconds: fractions.Fraction) -> list[str]:
  """Copies a file packet by packet with all its sound moved.

  Pictures, subtitles, tags, chapters, languages and rotation stay as they are.
  Sound that would begin before the picture (or before the file did, if its
  sound is first) is cut, but for what its decoder needs to be right from there
  on: MP4 and MOV hide that, in Matroska up to 0.1 s are heard before the first
  picture. The output appears when it is complete.

  Args:
    source: a video with sound, of any kind PyAV reads.
    output: where to; .mp4, .m4v, .mov or .mkv.
    seconds: by which the sound is later; < 0: earlier.

  Returns:
    What could not be copied, such as 'data stream 2 (bin_data)'.

  Raises:
    MediaError: the source cannot be read, has no sound or no picture, or its
      streams do not fit in the output's kind of file.
    OutputError: the output cannot be written, or is the source.
  """
  source, output = pathlib.Path(source), pathlib.Path(output)
  kind = sound_codecs.container_format(output)
  if source.exists() and output.exists() and source.samefile(output):
    raise containers.OutputError(f'{output}: would replace its own source.')
  options = appears.options(kind, cover=_has_cover(source))
  if options:
    options['movie_timescale'] = str(_CLOCK)
  left_out: list[str] = []
  with (
    appears.appears(output, 'moved') as temporary,
    av.open(
      f'file:{temporary}', 'w', format=kind, options=options
    ) as container,
    contextlib.closing(
      _packets(source, container, fractions.Fraction(seconds), left_out)
    ) as packets,
  ):
    first = next(packets)  # All streams are there now.
    try:
      container.start_encoding()
    except (ValueError, NotImplementedError) as error:  # not a full disk
      raise _unfit(container, output) from error
    container.mux(first)
    for packet in packets:
      container.mux(packet)
  return left_out


def _has_cover(path) -> bool:
  with containers.open_input(path) as source:
    return any(s.disposition & _PICTURE for s in source.streams.video)


def _unfit(container, output) -> containers.MediaError:
  names = [
    stream.codec_context.name
    for stream in container.streams
    if stream.codec_context is not None
  ]
  return containers.MediaError(
    f'{output}: this kind of file cannot hold {", ".join(names)}; choose .mkv '
    "or the source's own kind."
  )


def _packets(
  path, output, seconds: fractions.Fraction, left_out: list[str]
) -> Iterator[av.Packet]:
  """Adds all streams to `output`, then yields their packets in order."""
  begins = containers.origin(path, _log, kind='audio')
  with containers.open_input(path) as source:
    containers.need_video(source, path)
    containers.need_audio(source, path)
    output.metadata.update(_tags(source))
    output.set_chapters(source.chapters())
    copies, sounds = {}, {}
    for stream in source.streams:
      copy = _copy(stream, output)
      if copy is None:
        left_out.append(_name(stream))
        continue
      copies[stream.index] = copy
      if stream.type == 'audio':
        sounds[stream.index] = copied_audio.TimedPackets(
          stream, path, unit=_UNIT.get(output.format.name)
        )
    heard = min(begins, *(sound.begins for sound in sounds.values()))
    running = source.format.name in _RUNNING_CLOCKS
    zero = heard if running else fractions.Fraction(0)
    place = {
      'later': seconds - zero,
      'first': heard - zero,
      'run_up': _RUN_UP.get(output.format.name, copied_audio.RUN_UP),
    }
    for packet in source.demux([source.streams[k] for k in copies]):
      sound = sounds.get(packet.stream.index)
      if sound is not None and not sound.place(packet, **place):
        continue
      if not packet.size:
        continue
      if packet.pts is None:
        _give_time(packet, path)
      if sound is None and running:
        _earlier(packet, zero)
      packet.stream = copies[packet.stream.index]
      yield packet


def _earlier(packet: av.Packet, seconds: fractions.Fraction) -> None:
  ticks = round(seconds / packet.time_base)
  packet.pts -= ticks
  if packet.dts is not None:
    packet.dts -= ticks


def _copy(stream, output):
  """A stream like another; None if the output has no place for such."""
  matroska = output.format.name == 'matroska'
  known = stream.codec_context is not None
  # Timecodes and chapters in data streams are written from tags anew.
  held = matroska if stream.type == 'attachment' else known
  if not held or stream.type == 'data':
    return None
  try:
    copy = output.add_stream_from_template(stream, opaque=True)
  except ValueError:  # this kind of file knows no such codec
    other = 'the kind of file that it comes from'
    raise containers.MediaError(
      f'A {pathlib.Path(output.name).suffix} file cannot hold {_name(stream)}; '
      f'choose {other if matroska else f".mkv or {other}"}.'
    ) from None
  if known:
    copy.metadata.update(_tags(stream))
    copy.disposition = stream.disposition
    if stream.codec_context.name == 'hevc' and not matroska:
      copy.codec_context.codec_tag = 'hvc1'  # what Apple's players ask for
  return copy


def _tags(of) -> dict[str, str]:
  return {k: v for k, v in of.metadata.items() if k.lower() not in _OWN_TAGS}


def _name(stream) -> str:
  codec = stream.codec_context.name if stream.codec_context else 'unknown'
  return f'{stream.type} stream {stream.index} ({codec})'


def _give_time(packet: av.Packet, path) -> None:
  """AVI and raw streams only say in which order pictures are decoded."""
  context = packet.stream.codec_context
  if packet.stream.disposition & _PICTURE:
    packet.pts = packet.dts = 0
    return
  if packet.dts is None or getattr(context, 'has_b_frames', False):
    raise containers.MediaError(
      f'{path}: does not say when its pictures are shown, so they cannot be '
      'copied; convert it to .mp4 first.'
    )
  packet.pts = packet.dts
