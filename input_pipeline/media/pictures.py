"""One decoded frame, turned into what is asked for only when it is asked."""

import dataclasses
import threading

import av
import numpy as np

from input_pipeline.media import colour, planes, probe


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
  """A decoded frame and when it is on screen.

  Attributes:
    time, end: seconds from the start of the video stream.
    frame: as FFmpeg decoded it, not yet rotated.
    converter: of its video.
    lock: held by whoever looks at the frame: PyAV changes its tags while it
      converts it, and pictures that are shown again share it between threads.
  """

  time: float
  end: float
  frame: av.VideoFrame
  converter: colour.Converter
  lock: threading.Lock = dataclasses.field(
    default_factory=threading.Lock, repr=False
  )

  @property
  def nbytes(self) -> int:
    """Of the picture as RGB."""
    return 3 * self.frame.width * self.frame.height

  @property
  def size(self) -> tuple[int, int]:
    """Width and height, upright."""
    width, height = self.frame.width, self.frame.height
    return (height, width) if self.turns % 2 else (width, height)

  def image(
    self, region: tuple[int, int, int, int] | None = None
  ) -> np.ndarray:
    """uint8 RGB [h, w, 3], upright; of a region x0, y0, x1, y1 or all."""
    if region is not None:
      region = self._stored(region)
    with self.lock:
      image = self.converter.rgb(self.frame, region)
    return self._upright(image)

  def small(self, max_side: int) -> tuple[np.ndarray, float]:
    """RGB of at most `max_side`, upright, and the factor back to all pixels."""
    width, height = self.frame.width, self.frame.height
    scale = max(1.0, max(width, height) / max_side)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    with self.lock:
      image = self.converter.small(self.frame, *size)
    return self._upright(image), scale

  def grey(self, width: int, height: int) -> np.ndarray:
    """Brightness, uint8 [height, width], as stored (not upright)."""
    with self.lock:
      return self.converter.grey(self.frame, width, height)

  @property
  def turns(self) -> int:
    """Counter-clockwise quarter turns that put the frame upright."""
    return probe.quarter_turns(self.frame)

  def _upright(self, image: np.ndarray) -> np.ndarray:
    return planes.turned(image, self.turns)

  def _stored(self, region) -> tuple[int, int, int, int]:
    """Where a region of the upright picture is in the stored one."""
    x0, y0, x1, y1 = region
    width, height = self.frame.width, self.frame.height
    return {
      0: (x0, y0, x1, y1),
      1: (width - y1, x0, width - y0, x1),
      2: (width - x1, height - y1, width - x0, height - y0),
      3: (y0, height - x1, y1, height - x0),
    }[self.turns]
