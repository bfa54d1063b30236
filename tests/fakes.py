"""Stand-ins for a detector and for generators."""

import numpy as np

from input_pipeline import faces


class FakeDetector:
  """Finds one face at a fixed box, except where the picture is dark."""

  name = 'fake'

  def __init__(self, box=(24.0, 12.0, 72.0, 76.0)):
    self.box = box
    self.calls = 0

  def __call__(self, frame):
    self.calls += 1
    if frame.mean() < 30:
      return []
    return [faces.Detection(self.box, 0.9)]


class FakeGenerator:
  """Calls `draw(sound, faces, reference)` and remembers the batch sizes."""

  image_size = 96
  sound = 'mel'
  reference = 'fixed'
  reference_alignment = False
  device = 'fake'
  parity = None

  def __init__(self, draw):
    self.draw = draw
    self.batches = []

  def __call__(self, mel, faces, reference):
    self.batches.append(len(faces))
    assert mel.shape[1:] == (80, 16, 1) and mel.dtype == np.float32
    assert faces.shape == reference.shape and faces.dtype == np.uint8
    return self.draw(mel, faces, reference)


def identity(mel, faces, reference):
  return faces


def loudness(mel, faces, reference):
  """White lips for a loud window: the middle two rows (25 ms) count."""
  loud = mel[:, :, 7:9].max(axis=(1, 2, 3)) > 0
  made = faces.copy()
  made[loud, 48:] = 255
  return made
