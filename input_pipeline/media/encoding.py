"""Opening FFmpeg's picture coders the way outputs are written."""

import fractions

import av
from av.codec.context import Flags

from input_pipeline.media import formats, tags

# Measured on 2 cores, 720p of real clips. At equal PSNR (47 to 54 dB) H.264 of
# 'faster' and 'fast' is as large on grainy and 10 and 15 % smaller on clean
# pictures, for 1.6 and 2.3 times the processor time; 'superfast' takes two
# thirds of it, but is up to twice as large. H.265 of 'veryfast' is 0 to 25 %
# smaller than of 'ultrafast' for twice the time.
_PRESETS = {'libx264': 'veryfast', 'libx265': 'ultrafast'}

_MOST_REORDERED = 16  # frames, H.264 and H.265 allow


def open_video(
  container,
  format: formats.Format,
  *,
  fps: fractions.Fraction,
  time_base: fractions.Fraction,
  crf: int,
  preset: str | None = None,
  reorder: bool = True,
  repeatable: bool = False,
) -> av.VideoStream:
  """Adds a stream of a format to an output container.

  Args:
    preset: the coder's speed; None: `_PRESETS`.
    reorder: whether pictures may be stored in another order than shown
      (B-frames), which is smaller; False for variable rates, where MP4, whose
      durations go by that order, would get the last one's wrong.
    repeatable: the same pictures give the same bytes. x264 does not do that by
      itself: in a process in which JAX is at work, 3 of 8 codings of the same
      74 frames differed, with one thread and with several; without its
      macroblock tree none of 80 did (x264 of PyAV 18.1).
  """
  options = {'crf': str(crf), 'preset': preset or _PRESETS[format.codec]}
  more = [f'chromaloc={format.chroma_location}']
  if repeatable and format.codec == 'libx264':
    more.append('mbtree=0')
  if format.codec == 'libx265':
    more.append('log-level=error')  # it prints past FFmpeg's log
    if format.light:
      more.append(format.light)
  options[format.codec.removeprefix('lib') + '-params'] = ':'.join(more)
  stream = container.add_stream(format.codec, fps, options)
  stream.width, stream.height = format.width, format.height
  stream.pix_fmt = format.pixels
  context = stream.codec_context
  if format.codec == 'libx265':
    context.codec_tag = 'hvc1'  # Apple's players refuse the default hev1
  context.time_base = time_base
  context.flags |= Flags.frame_duration  # or the last one's would be a guess
  if not reorder:
    context.max_b_frames = 0
  context.sample_aspect_ratio = format.pixel_aspect
  context.colorspace = format.matrix
  context.color_primaries = format.primaries
  context.color_trc = format.transfer
  context.color_range = tags.RANGES[format.full_range]
  return stream


def encode(
  stream: av.VideoStream, frame: av.VideoFrame | None
) -> list[av.Packet]:
  """What a coder gives for a frame, or at the end for None."""
  packets = stream.encode(frame)
  for packet in packets:
    late = (packet.pts - packet.dts) * packet.time_base * stream.average_rate
    if not 0 <= late <= _MOST_REORDERED:
      # Of videos of one or two frames, x265 leaves this field uninitialised.
      packet.dts = packet.pts
  return packets
