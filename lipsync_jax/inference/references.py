"""What the generator is shown of the person at another moment."""

import numpy as np

from input_pipeline import tracks
from lipsync_jax.inference import follow

REFRESH = 3.0  # seconds a fixed reference serves: light and pose change


class References:
  """Which crop of one face the generator is shown as reference."""

  def __init__(self, kind: str, size: int):
    if kind not in ('same', 'fixed'):
      raise ValueError(f'Unknown reference {kind!r}: same or fixed.')
    self._fixed = kind == 'fixed'
    self._size = size
    self.forget()

  def forget(self) -> None:
    """The face was lost: the next one may be another."""
    self._kept = None
    self._shot, self._since = -1, 0.0

  def pick(self, frame: follow.Frame, box: tracks.CropBox) -> np.ndarray | None:
    """The reference; None: the frame's own crop."""
    if not self._fixed:
      return None
    old = frame.shown.time - self._since >= REFRESH
    if self._kept is None or self._shot != frame.shot or old:
      self._kept = tracks.crop_picture(frame.shown.picture, box, self._size)
      self._shot, self._since = frame.shot, frame.shown.time
    return self._kept
