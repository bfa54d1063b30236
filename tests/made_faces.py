"""Faces as a detector would find them."""

import numpy as np

from input_pipeline import faces

WIDTH, HEIGHT = 100.0, 140.0


def face(x=200.0, y=150.0, scale=1.0, jaw=0.0, landmarks=True, **more):
  """A face whose box has its middle at (x, y) while the jaw is up."""
  w, h = WIDTH * scale, HEIGHT * scale
  x0, y0 = x - w / 2, y - h / 2
  points = [
    (0.3, 0.385),
    (0.7, 0.385),
    (0.5, 0.591),
    (0.35, 0.74),
    (0.65, 0.74),
  ]
  points = np.array([(x0 + a * w, y0 + b * h) for a, b in points], np.float32)
  box = (x0, y0, x0 + w, y0 + h + jaw)
  return faces.Detection(box, 0.9, points if landmarks else None, **more)
