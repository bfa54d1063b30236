"""Whose lips are changed, among several faces."""

import numpy as np
import pytest

from input_pipeline import looks, tracking
from lipsync_jax.inference import choose, choosers, people


def look(x, *, colour=0, width=30.0):
  """A face at x; people of different colours look different."""
  appearance = np.zeros(96, np.float32)
  appearance[colour] = 1
  box = (x - width / 2, 20.0, x + width / 2, 20 + 1.4 * width)
  return looks.Look(box, 0.9, appearance=appearance)


def seen(*found, shot=0):
  """Faces, each with a track of its own."""
  return [people.Seen(tracking.Track(shot, [0], [one]), one) for one in found]


def moment(faces, time=0.0):
  return choosers.Moment(time, time, faces)


def place(chosen):
  return [one and people.centre(one.look)[0] for one in chosen]


@pytest.mark.parametrize(
  ('face', 'expected'),
  [('largest', 100), ('left', 50), ('right', 150), ('0', 50), ('2', 150)],
)
def test_one_of_three(face, expected):
  faces = seen(
    look(150, colour=2), look(50, colour=0), look(100, colour=1, width=40)
  )
  chooser = choose.make(face)
  assert place(chooser(moment(faces))) == [expected]
  assert not chooser.missing


def test_a_place_means_the_face_there_wherever_it_goes():
  left, right = look(50), look(150, colour=1)
  chooser = choose.make('145,30')
  assert place(chooser(moment(seen(left, right)))) == [150]
  assert place(chooser(moment(seen(look(60, colour=1), look(170))))) == [60]


def test_of_two_faces_at_a_place_the_nearer_is_meant():
  faces = seen(look(50), look(66, colour=1))
  assert place(choose.make('64,40')(moment(faces))) == [66]
  assert place(choose.make('53,40')(moment(faces))) == [50]


def test_what_was_never_seen_is_said():
  chooser = choose.make('3')
  assert place(chooser(moment(seen(look(50))))) == [None]
  assert chooser.missing == (
    'Face 3 was never seen; there were 1 in all, numbered from 0.'
  )
  chooser = choose.make('500,10')
  chooser(moment(seen(look(50))))
  assert chooser.missing == 'No face was ever seen at 500,10.'


def test_persons_are_the_same_across_cuts():
  chooser = choose.make('largest', speakers=[0, 1])
  anna, ben = look(50, colour=3), look(150, colour=7)
  assert place(chooser(moment(seen(anna, ben)))) == [50, 150]
  # Another shot: only Ben, on the left; then both, exchanged.
  assert place(chooser(moment(seen(look(40, colour=7), shot=1)))) == [None, 40]
  both = seen(look(60, colour=7), look(140, colour=3), shot=2)
  assert place(chooser(moment(both))) == [140, 60]
  # A third person is neither.
  assert place(chooser(moment(seen(look(90, colour=20), shot=3)))) == [None] * 2


def test_a_track_keeps_its_person_whatever_it_looks_like():
  chooser = choose.make('0')
  (first,) = seen(look(50, colour=1))
  chooser(moment([first]))
  darker = people.Seen(first.track, look(52, colour=9))
  assert place(chooser(moment([darker]))) == [52]


def test_passers_by_do_not_make_a_track_forgotten():
  chooser = choose.make('0')
  (first,) = seen(look(50, colour=1))
  for k in range(150):
    flickering = people.Seen(first.track, look(50, colour=1 + k % 2))
    passing = seen(look(150, colour=20 + k % 50))
    assert place(chooser(moment([flickering, *passing]))) == [50]


def test_the_foremost_is_kept_until_it_is_gone_for_half_a_second():
  small, large = seen(look(50)), seen(look(150, width=60))
  chooser = choose.make('largest')
  assert place(chooser(moment(small, 0.0))) == [50]
  assert place(chooser(moment(small + large, 0.2))) == [50]
  assert place(chooser(moment(large, 0.6))) == [None]
  assert place(chooser(moment(large, 0.8))) == [150]
  # A cut: nobody is waited for.
  assert place(chooser(moment(seen(look(20), shot=1), 0.9))) == [20]


def test_who_speaks():
  rows = [(0.0, 1.0, 50.0, 40.0, 40.0), (1.0, 2.0, 150.0, 40.0, 40.0)]
  chooser = choose.make('speaker', speaking=rows)
  faces = seen(look(52), look(148))
  assert place(chooser(moment(faces, 0.5))) == [52]
  assert place(chooser(moment(faces, 1.5))) == [148]
  assert place(chooser(moment(faces, 2.5))) == [None]
  assert not chooser.missing
  assert choose.make('speaker', speaking=[]).missing


@pytest.mark.parametrize('face', ['biggest', '-1', '1.5', '1,2,3', '', 'a,b'])
def test_nonsense_is_refused(face):
  with pytest.raises(ValueError, match='largest, left, right'):
    choose.parse(face)
