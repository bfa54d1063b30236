"""Planes of decoded frames as arrays."""

import av
import numpy as np


def views(frame: av.VideoFrame) -> list[np.ndarray]:
  """Planes of a planar frame without a copy: uint8 or uint16 [h, w] each.

  Writing into them writes into the frame.
  """
  wide = max(part.bits for part in frame.format.components) > 8
  dtype = np.dtype(np.uint16 if wide else np.uint8)
  planes = []
  for plane in frame.planes:
    rows = np.frombuffer(plane, dtype).reshape(-1, _step(plane, dtype))
    planes.append(rows[: plane.height, : plane.width])
  return planes


def _step(plane, dtype: np.dtype) -> int:
  return plane.line_size // dtype.itemsize
