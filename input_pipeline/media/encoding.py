"""Opening FFmpeg's picture coders the way outputs are written."""

import fractions

import av
from av.codec.context import Flags

from input_pipeline.media import formats, tags


def open_video(
  container,
  format: formats.Format,
  *,
  fps: fractions.Fraction,
  time_base: fractions.Fraction,
  crf: int,
  preset: str,
  reorder: bool = True,
) -> av.VideoStream:
  """Adds a stream of a format to an output container.

  Args:
    reorder: whether pictures may be stored in another order than shown
      (B-frames), which is smaller; False for variable rates, where MP4, whose
      durations go by that order, would get the last one's wrong.
  """
  options = {'crf': str(crf), 'preset': preset}
  if format.codec == 'libx265':
    options['x265-params'] = 'log-level=error'  # it prints past FFmpeg's log
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
