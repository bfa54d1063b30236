"""Pictures to look at, made of several."""

import numpy as np


def grid(rows: list[np.ndarray]) -> np.ndarray:
  """Stacks strips into one picture.

  Args:
    rows: each [n, h, w, 3], uint8 or float in 0..1, all of one shape.

  Returns:
    [len(rows) * h, n * w, 3] uint8.
  """
  strips = []
  for row in rows:
    row = np.asarray(row)
    if row.dtype != np.uint8:
      row = np.rint(np.clip(row, 0, 1) * 255).astype(np.uint8)
    strips.append(np.concatenate(list(row), axis=1))
  return np.concatenate(strips, axis=0)


def strip(frames: np.ndarray, count: int = 8) -> np.ndarray:
  """At most `count` frames of [t, h, w, 3], evenly spread, side by side."""
  count = min(count, len(frames))
  chosen = np.linspace(0, len(frames) - 1, count).round().astype(int)
  return grid([frames[chosen]])
