"""Thresholds: what is kept, and the reason why not."""

import math

import pytest

from input_pipeline.preparation import chance as chance_lib
from input_pipeline.preparation import selection


def row(path='a.mp4', *, shot=0, track=0, start=0.0, end=3.0, **more):
  """A good track."""
  return {
    'path': path,
    'shot': shot,
    'track': track,
    'start': start,
    'end': end,
    'fps': 25.0,
    'face_size': 150.0,
    'face_fraction': 1.0,
    'detection_score': 0.9,
    'sharpness': 60.0,
    'yaw': 5.0,
    'pitch': 5.0,
    'roll': 5.0,
    'speech': 0.7,
    'sound_frames': 75,
    'pieces': [{'record': 0, 'start': 0, 'frames': 75}],
  } | more


def heard(offset=0, confidence=0.3, **more):
  """A good track that an expert has measured."""
  found = row(offset=offset, confidence=confidence, **more)
  for piece in found['pieces']:
    piece['confidence'] = confidence
  return found


def decide(*rows, chance=None, **limits):
  selection.select(rows, selection.Thresholds(**limits), chance=chance)
  return [(r['kept'], r['stage']) for r in rows]


@pytest.mark.parametrize(
  ('change', 'stage', 'reason'),
  [
    ({}, '', ''),
    ({'pieces': []}, 'track', 'the face never stays for 0.6 s'),
    ({'end': 0.8}, 'track', 'too short: 0.80 s'),
    ({'face_fraction': 0.2}, 'track', 'the face is often lost: seen 20%'),
    ({'fps': 5.0}, 'quality', 'too few frames a second: 5'),
    ({'face_size': 40.0}, 'quality', 'the face is too small: 40 pixels'),
    ({'sharpness': 2.0}, 'quality', 'the face is blurred: sharpness 2'),
    ({'sharpness': math.nan}, 'quality', 'the face is blurred: sharpness nan'),
    ({'speech': 0.02}, 'quality', 'hardly any sound like speech: speech 0.02'),
    ({'yaw': 70.0}, 'quality', 'the face is turned away: yaw 70 degrees'),
    ({'yaw': None, 'pitch': None, 'roll': None}, '', ''),
  ],
)
def test_a_track_is_kept_or_has_a_reason(change, stage, reason):
  found = row(**change)
  assert decide(found) == [(not reason, stage)]
  assert found['reason'] == reason


def test_every_limit_can_be_changed():
  found = row(end=0.7, fps=10.0, face_size=20.0, yaw=60.0, sharpness=1.0)
  wider = {'min_seconds': 0.6, 'min_fps': 8, 'min_face': 16, 'max_yaw': 90}
  assert decide(found, **wider) == [(False, 'quality')]
  assert decide(found, **wider, min_sharpness=0) == [(True, '')]
  # And back, with nothing left of what was decided before.
  assert decide(found) == [(False, 'track')] and 'moved' not in found


def test_of_two_faces_the_one_that_speaks():
  left = heard(track=0, confidence=0.1, face_size=300.0)
  right = heard(track=1, confidence=0.3)
  assert decide(left, right) == [(False, 'speaker'), (True, '')]
  assert left['reason'] == 'another face speaks'
  assert decide(left, right, faces='largest') == [
    (True, ''),
    (False, 'speaker'),
  ]
  assert decide(left, right, faces='all') == [(True, '')] * 2


def test_who_speaks_may_be_too_blurred_to_be_kept():
  speaks, listens = heard(sharpness=1.0), heard(track=1, confidence=0.1)
  assert decide(speaks, listens) == [(False, 'quality'), (False, 'speaker')]


def test_without_an_expert_the_largest_face():
  small, large = row(face_size=90.0), row(track=1, face_size=100.0)
  assert decide(small, large) == [(False, 'speaker'), (True, '')]
  # The largest that is good enough.
  large['sharpness'] = 0.0
  assert decide(small, large) == [(True, ''), (False, 'quality')]


def test_faces_at_other_times_or_in_other_shots_do_not_compete():
  rows = [
    heard(start=0.0, end=2.0),
    heard(track=1, start=1.6, end=4.0),
    heard(track=2, shot=1),
    heard(path='b.mp4'),
  ]
  assert decide(*rows) == [(True, '')] * 4


@pytest.mark.parametrize(
  ('offset', 'confidence', 'reason'),
  [
    (6, 0.3, ''),
    (-6, 0.3, ''),
    (7, 0.3, 'out of sync: sound 7 frames early'),
    (-9, 0.3, 'out of sync: sound 9 frames late'),
    (
      0,
      0.19,
      'lips and sound do not fit: confidence 0.190, below 0.200',
    ),
    (
      0,
      math.nan,
      'lips and sound do not fit: confidence nan, below 0.200',
    ),
  ],
)
def test_what_is_out_of_sync_is_dropped(offset, confidence, reason):
  found = heard(offset, confidence)
  decide(found, min_confidence=0.2)
  assert found['reason'] == reason and found['kept'] == (not reason)
  if found['kept']:
    assert found['moved'] == offset


def test_sound_can_be_left_where_it_is():
  found = heard(1)
  assert decide(found, move_sound=False, max_shift=1) == [(True, '')]
  assert found['moved'] == 0


def test_a_file_whose_sound_is_early_is_so_throughout():
  rows = [heard(track=k, shot=k, offset=o) for k, o in enumerate((3, 3, 4, -2))]
  decide(*rows, heard(path='b.mp4', offset=1))
  # One that is two frames and more away was edited otherwise.
  assert [r['moved'] for r in rows] == [3, 3, 3, -2]
  assert [r['offset'] for r in rows] == [3, 3, 4, -2]


def test_without_a_number_chance_decides_by_length():
  chance = chance_lib.Chance(pairs=50, mean=0.1, std=0.05, frames=75.0)
  assert chance.threshold(75) == pytest.approx(0.2)
  assert chance.threshold(300) == pytest.approx(0.1)
  short, long = heard(confidence=0.15), heard(path='b.mp4', confidence=0.15)
  long['pieces'] *= 4
  assert decide(short, long, chance=chance.threshold) == [
    (False, 'sync'),
    (True, ''),
  ]
  assert decide(short, min_confidence=0.1, chance=chance.threshold)[0][0]


def test_pieces_that_do_not_fit_are_left_out():
  found = heard()
  found['pieces'] = [
    {'record': k, 'start': 75 * k, 'frames': 75, 'confidence': c}
    for k, c in enumerate((0.3, -0.1, 0.2))
  ]
  assert decide(found) == [(True, '')]
  assert ['dropped' in piece for piece in found['pieces']] == [0, 1, 0]
  assert decide(found, min_piece_confidence=1) == [(False, 'sync')]
  assert decide(found, min_piece_confidence=-1) == [(True, '')]
  assert not any('dropped' in piece for piece in found['pieces'])


def test_rows_without_a_track_stay_as_they_are():
  found = {'path': 'a.mp4', 'kept': False, 'reason': 'no face found'}
  before = dict(found)
  selection.select([found], selection.Thresholds())
  assert found == before


def test_what_loses_its_sound_is_left_out():
  found = heard(offset=5, end=1.0)
  found['pieces'] = [
    {'record': 0, 'start': 0, 'frames': 18, 'confidence': 0.3},
    {'record': 1, 'start': 20, 'frames': 30, 'confidence': 0.3},
  ]
  assert decide(found) == [(True, '')]
  assert ['dropped' in piece for piece in found['pieces']] == [True, False]
  found['pieces'].pop()
  assert decide(found) == [(False, 'sync')]
  assert found['reason'] == 'too little is left with its sound in place'
  assert decide(found, move_sound=False) == [(True, '')]


def test_a_glimpse_of_somebody_does_not_silence_the_speaker():
  speaks = heard(confidence=0.25, end=9.0)
  speaks['pieces'] *= 3
  passes = heard(track=1, confidence=0.26, end=0.6)
  passes['pieces'] = [passes['pieces'][0] | {'frames': 15}]
  assert decide(speaks, passes) == [(True, ''), (False, 'track')]
  # Longer, but far less sure for its length.
  passes |= {'end': 1.2}
  assert decide(speaks, passes) == [(True, ''), (False, 'speaker')]


@pytest.mark.parametrize('wrong', [{'faces': 'best'}, {'max_shift': 16}])
def test_limits_that_make_no_sense_are_refused(wrong):
  with pytest.raises(ValueError, match=next(iter(wrong))):
    selection.Thresholds(**wrong)
