"""Pictures of another size than a video's first, made as large as that.

Calls and screen casts change their size midway; all that look at pictures may
rely on one.
"""

import av
import av.filter


class Fitter:
  """Scales what is not of one size, with bars where the shape differs.

  Attributes:
    size: width and height as stored.
  """

  def __init__(self, size: tuple[int, int]):
    self.size = size
    self._graph, self._kind = None, None

  def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
    """A frame in that size, or itself if it has it."""
    kind = (frame.width, frame.height, frame.format.name)
    if kind[:2] == self.size:
      return frame
    if kind != self._kind:
      self._graph, self._kind = _graph(frame, *self.size), kind
    self._graph.vpush(frame)
    fitted = self._graph.vpull()
    # Of RGB and HDR the filters leave other tags.
    fitted.colorspace, fitted.color_range = frame.colorspace, frame.color_range
    fitted.color_primaries = frame.color_primaries
    fitted.color_trc = frame.color_trc
    return fitted


def _graph(frame: av.VideoFrame, width: int, height: int):
  graph = av.filter.Graph()
  source = graph.add_buffer(
    width=frame.width,
    height=frame.height,
    format=frame.format,
    time_base=frame.time_base,
  )
  scale = graph.add(
    'scale',
    f'{width}:{height}:force_original_aspect_ratio=decrease:flags=bicubic',
  )
  pad = graph.add('pad', f'{width}:{height}:(ow-iw)/2:(oh-ih)/2')
  sink = graph.add('buffersink')
  source.link_to(scale)
  scale.link_to(pad)
  pad.link_to(sink)
  graph.configure()
  return graph
