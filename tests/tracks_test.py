"""The crop is steady, has no lag, and does not follow the jaw."""

import numpy as np
import pytest
from made_faces import HEIGHT as _HEIGHT
from made_faces import face

from input_pipeline import tracks


def as_array(boxes):
  return np.array([(b.cx, b.cy, b.side) for b in boxes])


@pytest.mark.parametrize('known, low, high', [(0, 0.02, 1), (1, 0, 0.001)])
def test_crop_hardly_follows_phrases_either(known, low, high):
  # A second of speech with the jaw 20 % of the face lower, half a second of
  # none: slower than the place of boxes is smoothed.
  jaw = np.where(np.arange(150) % 37 < 25, 28.0, 0.0)
  more = {'landmarks': False, 'ends_at_chin': bool(known)}
  boxes = as_array(tracks.smooth_track([face(jaw=j, **more) for j in jaw]))
  assert low * _HEIGHT <= np.ptp(boxes[38:-38, 1]) <= high * _HEIGHT


@pytest.mark.parametrize(
  'kind', [{}, {'landmarks': False}, {'landmarks': False, 'ends_at_chin': True}]
)
def test_mouth_has_its_place_in_the_square(kind):
  boxes = tracks.smooth_track([face(**kind)] * 10)
  mouth = 150 + (0.739 - 0.5) * _HEIGHT
  for box in boxes:
    top = box.cy - box.side / 2
    assert (mouth - top) / box.side == pytest.approx(0.61, abs=1e-4)
    assert box.cx == pytest.approx(200, abs=1e-3)
    assert box.side == pytest.approx(0.76 * _HEIGHT)


@pytest.mark.parametrize(
  'landmarks, most', [(True, 1e-3), (False, 3e-3)], ids=['landmarks', 'box']
)
def test_crop_does_not_follow_the_jaw(landmarks, most):
  # Open and shut three times a second, by up to 20 % of the face.
  jaw = 28 * np.sin(np.arange(75) / 25 * 2 * np.pi * 3).clip(0)
  boxes = as_array(
    tracks.smooth_track([face(jaw=j, landmarks=landmarks) for j in jaw])
  )
  inner = boxes[25:50]  # a box without landmarks leaks a little at the ends
  # In parts of the side: a thousandth is an eighth of a pixel of 128.
  assert np.ptp(inner[:, 1]) < most * boxes[0, 2]
  assert np.ptp(boxes[:, 2]) < 0.01 * boxes[0, 2]


def test_steady_motion_is_followed_without_lag():
  boxes = as_array(
    tracks.smooth_track([face(x=200 + 2 * k) for k in range(50)])
  )
  np.testing.assert_allclose(boxes[:, 0], 200 + 2 * np.arange(50), atol=1e-3)


def test_noise_is_smoothed():
  noise = np.random.default_rng(0).normal(size=200)
  boxes = as_array(tracks.smooth_track([face(x=200 + n) for n in noise]))
  shake = np.diff(boxes[:, 0]).std()
  assert shake < 0.1 * np.diff(noise).std()


def test_short_gap_is_filled_and_long_gap_is_not():
  track = [face(x=200)] * 10 + [None] * 11 + [face(x=212)] * 10
  boxes = tracks.smooth_track(track)
  assert None not in boxes
  assert boxes[15].cx == pytest.approx(206, abs=0.01)
  boxes = tracks.smooth_track(track[:10] + [None] * 13 + track[-10:])
  assert [box is None for box in boxes] == [False] * 10 + [True] * 13 + [
    False
  ] * 10


def test_nothing_is_invented_before_and_after():
  boxes = tracks.smooth_track([None, None, face(), None])
  assert [box is None for box in boxes] == [True, True, False, True]
  assert tracks.smooth_track([]) == []


def test_cut_is_not_smoothed_over():
  boxes = as_array(tracks.smooth_track([face(x=200)] * 20 + [face(x=300)] * 20))
  np.testing.assert_allclose(boxes[:20, 0], 200, atol=1e-3)
  np.testing.assert_allclose(boxes[20:, 0], 300, atol=1e-3)


def test_crop_of_whole_pixels_copies_them(rng):
  frame = rng.integers(0, 255, (40, 50, 3)).astype(np.uint8)
  box = tracks.CropBox(cx=20, cy=18, side=16)
  np.testing.assert_array_equal(
    tracks.crop(frame, box, 16), frame[10:26, 12:28]
  )


def test_crop_between_pixels_interpolates():
  frame = np.zeros((8, 8, 3), np.uint8)
  frame[:, 4:] = 100
  row = tracks.crop(frame, tracks.CropBox(4.5, 4, 4), 4)[0, :, 0]
  assert row.tolist() == [0, 50, 100, 100]


def test_crop_outside_the_frame_repeats_the_edge(rng):
  frame = rng.integers(0, 255, (8, 8, 3)).astype(np.uint8)
  corner = tracks.crop(frame, tracks.CropBox(0, 0, 8), 8)[:4, :4]
  assert (corner == frame[0, 0]).all()


def test_shrinking_averages():
  board = np.indices((64, 64)).sum(0) % 2 * 200
  frame = np.repeat(board[..., None], 3, 2).astype(np.uint8)
  small = tracks.crop(frame, tracks.CropBox(32, 32, 64), 16)
  np.testing.assert_allclose(small, 100, atol=1)


def test_affine_maps_the_square_to_the_crop():
  box = tracks.CropBox(30, 40, 20)
  matrix = tracks.box_to_affine(box, 10)
  # The square's corner pixels' outer edges are the crop's.
  np.testing.assert_allclose(matrix @ (19.5, 29.5, 1), (-0.5, -0.5))
  np.testing.assert_allclose(matrix @ (39.5, 49.5, 1), (9.5, 9.5))
