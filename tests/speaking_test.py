"""Who speaks, from what an expert measures of each face."""

import numpy as np
import pytest

from lipsync_jax.inference import choose, choosers, people, speaking
from lipsync_jax.judging import measure, measure_video
from tests import choose_test, fakes


class Expert(measure.Judge):
  """Says what is written in the curves."""

  def __init__(self):
    pass

  curve = None

  def pool(self, curves):
    (measured,) = curves
    return measured


class Measured:
  def __init__(self, confidence):
    self.offset, self.confidence = 0, confidence


def row(shot, start, end, x):
  """A track as the preparation's manifest has it, at x."""
  first, last = round(25 * start), round(25 * end)
  return {
    'shot': shot,
    'track': x,
    'start': start,
    'end': end,
    'stage': '',
    'reason': '',
    'face_size': 60.0,
    'box': [[k, float(x), 60.0, 46.0] for k in range(first, last, 5)],
    'pieces': [{'frames': last - first}],
  }


def test_the_surest_face_of_each_shot(monkeypatch):
  tracks = [
    (row(0, 0.0, 2.0, 50), [Measured(0.1)]),
    (row(0, 0.0, 2.0, 150), [Measured(0.4)]),
    (row(1, 2.0, 3.0, 70), [Measured(0.3)]),
    (row(1, 2.0, 3.0, 170), [Measured(0.2)]),
  ]
  seen = measure_video.Tracks(*zip(*tracks, strict=True), np.ones(75, bool))
  monkeypatch.setattr(measure_video, 'tracks', lambda *_: seen)
  places = speaking.find('talk.mp4', fakes.FakeDetector(), Expert())
  chooser = choose.make('speaker', speaking=places)
  faces = choose_test.seen(*map(choose_test.look, (50, 70, 150, 170)))

  def speaker(time):
    (one,) = chooser(choosers.Moment(0.0, time, faces))
    return one and people.centre(one.look)[0]

  assert [speaker(t) for t in (0.0, 1.0, 1.99)] == [150] * 3
  assert [speaker(t) for t in (2.0, 2.5, 2.99)] == [70] * 3
  assert speaker(3.0) is None


def test_what_cannot_be_told_is_said(monkeypatch):
  def fail(*_):
    raise ValueError('no sound track.')

  monkeypatch.setattr(measure_video, 'tracks', fail)
  with pytest.raises(ValueError, match='who speaks cannot be told: no sound'):
    speaking.find('talk.mp4', fakes.FakeDetector(), Expert())
