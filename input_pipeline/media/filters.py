"""FFmpeg's filters on one frame."""

import fractions

import av
import av.filter


def through(frame: av.VideoFrame, name: str, options: str) -> av.VideoFrame:
  """A frame through one filter; what is not changed shares its memory."""
  graph = av.filter.Graph()
  source = graph.add_buffer(
    width=frame.width,
    height=frame.height,
    format=frame.format,
    time_base=fractions.Fraction(1, 1000),
  )
  step = graph.add(name, options)
  sink = graph.add('buffersink')
  source.link_to(step)
  step.link_to(sink)
  graph.configure()
  graph.vpush(frame)
  return graph.vpull()
