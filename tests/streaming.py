"""An avatar, a sound, and a generator that remembers what it was asked."""

import fractions

import numpy as np

from input_pipeline import records
from lipsync_jax.inference import avatar
from tests import dubbing, fakes


def noise(seconds, rate=16_000):
  """Louder and quieter, so that every window is another."""
  rng = np.random.default_rng(0)
  samples = rng.uniform(-0.5, 0.5, round(seconds * rate))
  return (samples * np.sin(np.arange(len(samples)) / rate * 9)).astype('f4')


def make_avatar(pictures, fps=25):
  boxes = np.array([(48 + k / 7, 44, 61) for k in range(len(pictures))])
  jpegs = [records.encode_frame(picture) for picture in pictures]
  return avatar.Avatar(jpegs, boxes, fractions.Fraction(fps))


def person():
  """Seven pictures, told apart by their grey."""
  return make_avatar([dubbing.picture(80 + 8 * k) for k in range(7)])


class Recorder(fakes.FakeGenerator):
  """Keeps what it is given; the lips show the window's loudness."""

  def __init__(self):
    super().__init__(self._draw)
    self.windows, self.references = [], []

  def _draw(self, mel, faces, reference):
    self.windows.extend(mel)
    self.references.extend(reference)
    made = faces.copy()
    made[:, 48:] = (128 + 30 * mel.mean((1, 2)))[:, None, None]
    return made
