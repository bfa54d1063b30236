"""Tracks and crops by the rules of run_pipeline.py, counted by hand."""

import cv2
import numpy as np
import pytest
import small_s3fd

from input_pipeline import faces, run_pipeline

FACE = (100.0, 50.0, 220.0, 200.0)  # 120 x 150
SHORT = run_pipeline.Rules(min_track=10)


def moved(box, x, y=0.0):
  x0, y0, x1, y1 = box
  return (x0 + x, y0 + y, x1 + x, y1 + y)


def tracks(found, cuts=(), **rules):
  rules = run_pipeline.Rules(**{'min_track': 10} | rules)
  return run_pipeline.find_tracks(found, cuts, rules=rules)


def spans(*arguments, **rules):
  return [(t.first, t.last) for t in tracks(*arguments, **rules)]


def test_a_track_has_more_than_100_detections_in_a_shot_of_100_frames():
  assert run_pipeline.find_tracks([[FACE]] * 100) == []
  [track] = run_pipeline.find_tracks([[FACE]] * 101)
  assert (track.first, track.last) == (0, 100)
  np.testing.assert_array_equal(track.boxes, [FACE] * 101)
  # Frames between detections do not count.
  gaps = [[FACE] if k % 2 == 0 else [] for k in range(201)]
  assert len(run_pipeline.find_tracks(gaps)) == 1  # 101 of them
  assert run_pipeline.find_tracks(gaps[:200]) == []


def test_a_face_may_be_lost_for_25_frames():
  def lost_for(count):
    return [[FACE]] * 12 + [[]] * count + [[FACE]] * 12

  assert spans(lost_for(24)) == [(0, 47)]
  # 26 frames after the last detection it is another track.
  assert spans(lost_for(25)) == [(0, 11), (37, 48)]


def test_between_detections_boxes_move_on_a_straight_line():
  found = [[FACE]] * 11 + [[]] * 3 + [[moved(FACE, 8.0, 4.0)]]
  [track] = tracks(found)
  expected = [moved(FACE, 2.0 * k, 1.0 * k) for k in range(5)]
  np.testing.assert_allclose(track.boxes[10:], expected)


def test_a_face_goes_on_where_it_overlaps_the_last_box_by_half():
  # Boxes of 120 moved by x share (120 - x) / (120 + x).
  near, far = moved(FACE, 39.0), moved(FACE, 40.0)
  assert spans([[FACE]] * 11 + [[near]] * 11) == [(0, 21)]
  assert spans([[FACE]] * 11 + [[far]] * 11) == [(0, 10), (11, 21)]
  # The last box counts, not the first.
  drift = [[moved(FACE, 30.0 * k)] for k in range(11)]
  assert spans(drift) == [(0, 10)]


def test_several_faces_are_tracks_of_their_own():
  other = moved(FACE, 300.0)
  found = [[FACE, other] if k % 2 else [other, FACE] for k in range(11)]
  first, second = tracks(found)
  np.testing.assert_array_equal(first.boxes, [other] * 11)
  np.testing.assert_array_equal(second.boxes, [FACE] * 11)


def test_tracks_end_with_the_shot():
  found = [[FACE]] * 30
  assert spans(found, [12]) == [(0, 11), (12, 29)]
  # Shots of fewer frames than a track must have are not looked at.
  assert spans(found, [9]) == [(9, 29)]


def test_small_faces_are_left_out():
  def square(side):
    return [[(10.0, 10.0, 10.0 + side, 60.0)]] * 11

  assert spans(square(100.0)) == []
  assert spans(square(100.5)) == [(0, 10)]
  assert spans(square(100.0), min_face=80.0) == [(0, 10)]


def test_squares_are_medians_of_13_frames_and_zeros():
  boxes = np.array([moved(FACE, float(k)) for k in range(20)])
  found = run_pipeline.squares(boxes)
  # x, y, s; half of the longer side.
  np.testing.assert_allclose(found[6:14, 0], 160.0 + np.arange(6, 14))
  np.testing.assert_allclose(found[:, 1:], [[125.0, 75.0]] * 20)
  # Of the first thirteen values six are zeros: the least of the others.
  assert found[0, 0] == 160.0
  assert found[3, 0] == 163.0 and found[19, 0] == 173.0


def test_a_crop_reaches_beyond_the_face_and_is_lower():
  image = np.zeros((400, 500, 3), np.uint8)
  # x 250, y 150, s 50: columns 180 to 320, rows 100 to 240.
  image[100:240, 180:320] = 200
  found = run_pipeline.crop(image, (250.0, 150.0, 50.0), crop_scale=0.4)
  np.testing.assert_array_equal(found, np.full((224, 224, 3), 200))


def test_beyond_the_frame_a_crop_is_grey():
  image = np.full((100, 100, 3), 200, np.uint8)
  # Columns -40 to 100, rows 0 to 140 about x 30, y 50.
  found = run_pipeline.crop(image, (30.0, 50.0, 50.0), crop_scale=0.4)
  expected = np.full((140, 140, 3), 110, np.uint8)
  expected[:100, 40:] = 200
  np.testing.assert_array_equal(found, cv2.resize(expected, (224, 224)))
  with pytest.raises(ValueError, match='outside'):
    run_pipeline.crop(image, (900.0, 50.0, 50.0), crop_scale=0.4)


class Batches:
  """Says it is S3FD; sees one list of faces in every frame."""

  name, batch_size = 's3fd', 2

  def __init__(self, seen):
    self.seen, self.sizes = seen, []

  def detect_batch(self, frames):
    self.sizes += [frame.shape for frame in frames]
    return [self.seen] * len(frames)


def test_s3fd_looks_at_a_quarter_and_is_sure():
  sure = faces.Detection((10.0, 10.0, 30.0, 30.0), 0.95)
  best = faces.Detection((50.0, 10.0, 70.0, 30.0), 0.99)
  shares = faces.Detection((10.0, 26.0, 30.0, 46.0), 0.94)  # 4 / 36
  near = faces.Detection((10.0, 27.0, 30.0, 47.0), 0.93)  # 3 / 37
  unsure = faces.Detection((80.0, 10.0, 90.0, 30.0), 0.9)
  detector = Batches([sure, best, shares, near, unsure])
  images = [np.zeros((240, 402, 3), np.uint8)] * 3
  found = list(run_pipeline.look(images, detector))
  assert detector.sizes == [(60, 100, 3)] * 3  # 100.5 is rounded to even
  wide = 402 / 100
  expected = [
    (50 * wide, 40.0, 70 * wide, 120.0),
    (10 * wide, 40.0, 30 * wide, 120.0),
    (10 * wide, 108.0, 30 * wide, 188.0),
  ]
  np.testing.assert_allclose(found, [expected] * 3)


def test_other_detectors_look_as_they_do():
  seen = []

  class Detector:
    name = 'other'

    def __call__(self, frame):
      seen.append(frame.shape)
      return [faces.Detection(FACE, 0.3)]

  images = [np.zeros((240, 400, 3), np.uint8)] * 2
  assert list(run_pipeline.look(images, Detector())) == [[FACE]] * 2
  assert seen == [(240, 400, 3)] * 2


def test_our_s3fd_is_one():
  detector = small_s3fd.narrow(max_side=None)
  images = small_s3fd.pictures(3, 256, 320)
  found = list(run_pipeline.look(images, detector))
  small = [cv2.resize(image, None, fx=0.25, fy=0.25) for image in images]
  direct = detector.detect_batch(small)
  for boxes, seen in zip(found, direct, strict=True):
    best = max(seen, key=lambda face: face.score)
    if best.score > 0.9:
      np.testing.assert_allclose(boxes[0], 4 * np.array(best.box), rtol=1e-6)
    else:
      assert boxes == []
  assert any(found)
