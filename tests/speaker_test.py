"""Who speaks when, of faces whose lips are known."""

import cv2
import fakes
import judged
import matching
import numpy as np
import pytest

from input_pipeline import records
from lipsync_jax.judging import measure_video, speaker, speaker_plot

FACE = records.encode_frame(np.full((32, 32, 3), 90, np.uint8))


def row(track, x, shot=0, start=0, frames=150):
  """As the manifest has it."""
  return {
    'shot': shot,
    'track': track,
    'start': start / 25,
    'end': (start + frames) / 25,
    'stage': '',
    'reason': '',
    'face_size': 60.0,
    'frames': 150,
    'box': [[k, x + k / 10, 60.0, 46.0] for k in range(0, frames, 5)],
    'pieces': [
      {'start': k, 'frames': 75} for k in range(start, start + frames, 75)
    ],
  }


@pytest.fixture
def find(monkeypatch):
  def find(rows, fits, *, speech=None, lead=0):
    rng = np.random.default_rng(0)
    found = [
      [
        (judged.proof(rng, p['start'], 75, fits=when, lead=lead), FACE)
        for p in each['pieces']
      ]
      for each, when in zip(rows, fits, strict=True)
    ]
    speech = np.ones(150, bool) if speech is None else speech
    seen = measure_video.Tracks(rows, found, speech)
    monkeypatch.setattr(measure_video, 'tracks', lambda *_, **__: seen)
    return speaker.find(matching.judge(), 'talk.mp4', fakes.FakeDetector())

  return find


def said(found):
  return [(part.who, part.track) for part in found.segments]


@pytest.mark.parametrize('lead', [0, -4])
def test_two_who_take_turns(find, lead):
  rows = [row(0, 50), row(1, 200)]
  found = find(rows, [(0, 75), (75, 150)], lead=lead)
  assert found.offset == lead
  assert said(found) == [('speaks', 0), ('speaks', 1)]
  first, second = found.segments
  assert (first.start, second.end) == (0, 6)
  # A second is looked at, and the offset moves what is heard in a chunk.
  assert first.end == second.start == pytest.approx(3, abs=0.4)
  assert first.confidence > 0.3 and second.confidence > 0.3
  # Where the face was when it began.
  k = round(25 * second.start) // 5 * 5
  assert second.box == [200 + k / 10, 60.0, 46.0]
  assert [len(face.confidences) for face in found.faces] == [150, 150]


def test_silence_is_nobody_and_a_voice_without_a_face_undetermined(find):
  speech = np.arange(150) < 100
  found = find([row(0, 50)], [(0, 60)], speech=speech)
  assert said(found) == [
    ('speaks', 0),
    ('undetermined', None),
    ('nobody', None),
  ]
  begins = [part.start for part in found.segments]
  assert begins == pytest.approx([0, 2.6, 4.0], abs=0.4)


def test_faces_that_fit_nothing_are_not_called_speakers(find):
  found = find([row(0, 50), row(1, 200)], [(0, 0), (0, 0)])
  assert said(found) == [('undetermined', None)]
  assert found.level == np.inf


def test_every_shot_has_its_own(find):
  rows = [row(0, 50, frames=75), row(1, 60, shot=1, start=75, frames=75)]
  found = find(rows, [(0, 75), (75, 150)])
  assert said(found) == [('speaks', 0), ('speaks', 1)]
  assert found.segments[0].end == 3.0
  assert [(f.first, len(f.confidences)) for f in found.faces] == [
    (0, 75),
    (75, 75),
  ]


def test_the_plot_has_a_lane_for_faces_that_are_seen_together(find):
  beside = find([row(0, 50), row(1, 200)], [(0, 75), (75, 150)])
  after = find(
    [row(0, 50, frames=75), row(1, 60, shot=1, start=75, frames=75)],
    [(0, 75), (75, 150)],
  )
  heights = []
  for found in (beside, after):
    picture = speaker_plot.draw(found)
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    heights.append(image.shape[0])
    # Yellow where somebody speaks, and the faces' own grey.
    for colour in ((0, 159, 230), (90, 90, 90)):
      assert (image == colour).all(-1).sum() > 500
  assert heights == [320, 190]
