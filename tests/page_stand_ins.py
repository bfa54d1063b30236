"""What a visitor brings to the page, and stand-ins for what works there."""

import functools
import threading

import numpy as np

from input_pipeline import faces
from lipsync_jax.inference import dub
from lipsync_jax.page import orders
from tests import dubbing, fakes, videos

WAIT = 20.0  # seconds; nothing here takes one


class TwoFaces:
  """The right one first; none in dark pictures."""

  name = 'two'

  def __call__(self, frame):
    if frame.mean() < 30:
      return []
    boxes = (60.0, 10.0, 90.0, 50.0), (10.0, 20.0, 30.0, 44.0)
    return [faces.Detection(box, 0.9) for box in boxes]


def write_video(folder):
  """One second; dark until 0.48 s."""
  dark, light = np.zeros((96, 96, 3), np.uint8), dubbing.picture()
  return videos.write(folder / 'in.mp4', [dark] * 12 + [light] * 13)


def write_sound(folder):
  """One second of silence."""
  return videos.write_wav(folder / 'a.wav', np.zeros(16_000))


def make_order(folder):
  """To dub that video with that sound."""
  video, sound = write_video(folder), write_sound(folder)
  return orders.Order(str(video), str(sound), orders.consent(True, ''))


def real_engine():
  return functools.partial(
    dub.events,
    generator=fakes.FakeGenerator(fakes.identity),
    detector=fakes.FakeDetector(),
  )


class Slow:
  """An engine that waits between its frames, one job at a time."""

  def __init__(self):
    self.go = threading.Event()
    self.begun = threading.Event()
    self.closed = 0

  def __call__(self, video, audio, output, **options):
    try:
      for index in range(25):
        yield dub.Written(index, 25, True, None)
        self.begun.set()
        assert self.go.wait(WAIT)
    finally:
      self.closed += 1
