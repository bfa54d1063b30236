"""Parts of a video and a sound, put into one file without coding again."""

import contextlib
import fractions
import heapq
import pathlib
from collections.abc import Iterator, Sequence

import av

from input_pipeline.media import appears, sound_codecs
from input_pipeline.media import container as containers


def join(
  parts: Sequence,
  output,
  *,
  starts: Sequence[fractions.Fraction] = (fractions.Fraction(0),),
  sound=None,
  seconds: fractions.Fraction | None = None,
  metadata: dict[str, str] | None = None,
) -> None:
  """Puts pictures and sound into one file that appears when it is complete.

  Until then it is a hidden file beside it, which an error removes. Memory does
  not grow with the length, except for the index that containers keep.

  Args:
    parts: video files without sound, from `VideoWriter` with the same settings;
      copied packet by packet.
    output: where to; .mp4, .m4v, .mov or .mkv.
    starts: seconds at which the first picture of each part is shown.
    sound: what is heard, from second 0: `CopiedAudio`, `EncodedAudio` or
      anything else with their `packets`; None: nothing.
    seconds: where the sound is cut, if it is longer.
    metadata: tags of the container, such as {'comment': 'made by hand'}.

  Raises:
    MediaError: a file cannot be read or written, the parts do not fit, or the
      output's name has another ending.
  """
  output = pathlib.Path(output)
  kind = sound_codecs.container_format(output)
  with (
    appears.appears(output, 'joined') as temporary,
    # 'file:', or FFmpeg would take a name such as 'a:b.mp4' for an address.
    av.open(
      f'file:{temporary}',
      'w',
      format=kind,
      options=appears.options(kind),
    ) as container,
  ):
    container.metadata.update(metadata or {})
    tracks = [_pictures(parts, starts, container)]
    if sound is not None:
      tracks.append(sound.packets(container, seconds))
    with contextlib.ExitStack() as stack:
      for track in tracks:
        stack.enter_context(contextlib.closing(track))
      # Asks each track for its first packet before it gives one: all streams
      # are there before the header is written.
      for packet in heapq.merge(*tracks, key=_decoded_at):
        container.mux(packet)


def _decoded_at(packet: av.Packet) -> fractions.Fraction:
  return packet.dts * packet.time_base


def _pictures(parts, starts, output) -> Iterator[av.Packet]:
  """Packets of all parts, at the times they have in the whole."""
  copy, header, before = None, None, None
  for part, start in zip(parts, starts, strict=True):
    with containers.open_input(part) as source:
      stream = containers.need_video(source, part)
      context, unit = stream.codec_context, stream.time_base
      if copy is None:
        copy = output.add_stream_from_template(stream, opaque=True)
        if context.name == 'hevc':
          copy.codec_context.codec_tag = 'hvc1'  # what Apple's players ask for
        header, clock = context.extradata, unit
      if (context.extradata, unit) != (header, clock):
        raise containers.MediaError(
          f'{part}: was encoded with other settings than {parts[0]}.'
        )
      first = None
      for packet in source.demux(stream):
        if not packet.size:
          continue
        if first is None:  # a key frame: nothing is shown before it
          first = packet.pts
        shift = round(start / unit) - first
        packet.pts += shift
        packet.dts += shift
        # Where the rate varies, a part may ask for more time to sort its
        # pictures than the part before it leaves.
        if before is not None and packet.dts <= before:
          packet.dts = before + 1
        before = packet.dts
        packet.stream = copy
        yield packet
