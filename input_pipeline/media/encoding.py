"""Opening FFmpeg's picture coders the way outputs are written."""

import fractions

import av

from input_pipeline.media import colour, formats


def open_video(
  container,
  format: formats.Format,
  *,
  fps: fractions.Fraction,
  time_base: fractions.Fraction,
  crf: int,
  preset: str,
) -> av.VideoStream:
  """Adds a stream of a format to an output container."""
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
  context.sample_aspect_ratio = format.pixel_aspect
  context.colorspace = format.matrix
  context.color_primaries = format.primaries
  context.color_trc = format.transfer
  context.color_range = colour.RANGES[format.full_range]
  return stream
