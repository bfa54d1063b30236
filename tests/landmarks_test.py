"""LMD by hand, and dlib's mouths on a photograph that scikit-image ships."""

import importlib.util
import sys
import types

import cv2
import numpy as np
import pytest

from lipsync_jax.judging import landmarks as judge
from lipsync_jax.metrics import landmarks


def test_lmd_by_hand(rng):
  truth = rng.uniform(20, 60, (4, 20, 2))
  made = truth + [7, -3]  # the mouth elsewhere, the same
  np.testing.assert_allclose(landmarks.distances(made, truth), 0, atol=1e-12)
  # Two of twenty points by 10 pixels apart, their mean where it was.
  made[1, 0] += [6, 8]
  made[1, 1] -= [6, 8]
  np.testing.assert_allclose(
    landmarks.distances(made, truth), [0, 1, 0, 0], atol=1e-12
  )
  assert landmarks.distance(made, truth) == pytest.approx(0.25)
  # What ATVGnet's code prints.
  assert landmarks.distance(made, truth, form='code') == pytest.approx(5)


def test_frames_without_a_face_are_left_out(rng):
  truth = rng.uniform(20, 60, (3, 20, 2))
  made = truth.copy()
  made[0, 0] += [20, 0]
  made[2] = np.nan
  expected = (19 + 19 * 1) / 20  # one point by 19 of its 20, the others by 1
  found = landmarks.distances(made, truth)
  np.testing.assert_allclose(found, [expected, 0, np.nan], atol=1e-12)
  assert landmarks.distance(made, truth) == pytest.approx(expected / 2)
  assert np.isnan(landmarks.distance(made[2:], truth[2:]))


def test_what_cannot_be_compared_is_refused(rng):
  points = rng.uniform(20, 60, (3, 20, 2))
  with pytest.raises(ValueError, match='3 frames and 2'):
    landmarks.distances(points, points[:2])
  with pytest.raises(ValueError, match="neither 'paper' nor 'code'"):
    landmarks.distance(points, points, form='mean')


def test_what_is_missing_is_said(monkeypatch, tmp_path):
  monkeypatch.setitem(sys.modules, 'dlib', None)
  with pytest.raises(ValueError, match=r'need dlib: pip install .*landmarks'):
    judge.Finder()
  monkeypatch.setitem(sys.modules, 'dlib', types.ModuleType('dlib'))
  with pytest.raises(ValueError, match='no file .*here.dat'):
    judge.Finder(tmp_path / 'here.dat')
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(ValueError, match='need face_recognition_models'):
    judge.Finder()


@pytest.fixture(scope='module')
def finder():
  for package in ('dlib', 'face_recognition_models'):
    if importlib.util.find_spec(package) is None:
      pytest.skip(f'{package} is not installed: landmarks go UNTESTED')
  return judge.Finder()


@pytest.fixture(scope='module')
def photograph():
  """Of 512 x 512 pixels, public domain (NASA); the mouth is about 223, 146."""
  from skimage import data

  return data.astronaut()


def test_the_mouth_of_a_photograph(finder, photograph):
  (points,) = finder(photograph[None])
  assert np.all(np.abs(points.mean(0) - [223, 146]) < 5)
  x, y = points.T
  # 48 and 54 are the corners, 51 and 57 above and below.
  assert x.argmin() == 0 and x.argmax() == 6
  assert y[9] > y[3] and 20 < x[6] - x[0] < 60


def test_the_same_frame_has_the_same_points_wherever_it_stands(
  finder, photograph
):
  frames = np.stack([photograph, np.zeros_like(photograph), photograph])
  found = finder(frames)
  np.testing.assert_array_equal(found[0], found[2])
  assert np.isnan(found[1]).all()
  assert finder(frames[:0]).shape == (0, 20, 2)


def test_the_size_of_the_frame_changes_little(finder, photograph):
  (whole,) = finder(photograph[None])
  x, y, side = 150, 60, 140
  square = photograph[y : y + side, x : x + side]
  for size in (64, 96, 300):
    small = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    (points,) = finder(small[None])
    back = (points + 0.5) * side / size - 0.5 + [x, y]
    assert np.abs(back - whole).mean() < 2, size


def test_a_file_that_is_no_model_is_refused(finder, tmp_path):
  (tmp_path / 'a.dat').write_bytes(bytes(100))
  with pytest.raises(ValueError, match='no shape predictor'):
    judge.Finder(tmp_path / 'a.dat')
