"""Who is who: places, looks, cuts."""

import numpy as np
import pytest
from made_faces import HEIGHT, face

from input_pipeline import looks, tracking


def look(x=200.0, colour=0, **more):
  """A face of one of some colours."""
  found = face(x=x, **more)
  appearance = np.zeros(96, np.float32)
  appearance[colour] = 1
  return looks.Look(
    found.box, found.score, found.landmarks, appearance=appearance
  )


def spans(tracks):
  return [(t.shot, t.frames[0], t.frames[-1]) for t in tracks]


def test_two_people_are_two_tracks_in_any_order():
  left, right = look(x=100), look(x=400, colour=1)
  found = [[left, right][:: (-1) ** k] for k in range(9)]
  one, two = tracking.link(found, [])
  assert one.looks == [left] * 9 and two.looks == [right] * 9


def test_people_who_touch_do_not_swap():
  # Side by side and moving right together, by half a face between two looks:
  # each box overlaps the other's last one more than its own.
  found = [
    [look(x=100 + 50 * k), look(x=190 + 50 * k, colour=1)] for k in range(5)
  ]
  tracks = tracking.link(found, [])
  assert [{int(d.appearance.argmax()) for d in t.looks} for t in tracks] == [
    {0},
    {1},
  ]


def test_a_cut_ends_a_track_though_the_face_is_in_place():
  found = [[look()] if k % 3 == 0 else None for k in range(12)]
  tracks = tracking.link(found, [5], every=3)
  # Looked at in frames 0, 3 | 6, 9: up to the borders it is taken to be there.
  assert spans(tracks) == [(0, 0, 4), (1, 5, 11)]
  assert len(tracks[1].detections()) == 7


def test_another_person_in_the_same_place_is_another_track():
  found = [[look(colour=k // 5)] for k in range(10)]
  assert spans(tracking.link(found, [])) == [(0, 0, 4), (0, 5, 9)]


@pytest.mark.parametrize(
  ('gap', 'moved', 'colour', 'count'),
  [
    (20, 0, 0, 1),
    (30, 0, 0, 2),  # longer than a second
    (10, 0.6 * HEIGHT, 0, 1),  # no overlap, but near and alike
    (10, 0.6 * HEIGHT, 1, 2),
    (10, 2.0 * HEIGHT, 0, 2),
  ],
)
def test_a_lost_face_is_waited_for(gap, moved, colour, count):
  found = [[look()], *[[]] * gap, [look(x=200 + moved, colour=colour)]]
  assert len(tracking.link(found, [])) == count


def test_no_face_is_no_track():
  assert tracking.link([[], None, []], []) == []


def test_the_clothes_tell_people_apart():
  class Detector:
    name = 'fixed'

    def __call__(self, image):
      return [face(x=60, y=70, scale=0.5), face(x=180, y=70, scale=0.5)]

  class Picture:
    def small(self, side):
      image = np.zeros((140, 240, 3), np.uint8)
      image[:, :120] = 200, 30, 30
      image[:, 120:] = 30, 30, 200
      return image, 2.0

  red, blue = looks.Looker(Detector())(Picture())
  assert looks.likeness(red, red) == pytest.approx(1)
  assert looks.likeness(red, blue) < 0.2
  # In the pixels of the whole picture.
  assert red.box[0] == 2 * face(x=60, y=70, scale=0.5).box[0]
