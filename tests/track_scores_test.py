"""Pose, sharpness and speech of faces whose truth is known."""

import cv2
import numpy as np
import pytest

from input_pipeline import looks, pose, synthetic
from input_pipeline.preparation import track_scores

# Millimetres: eyes, nose tip, mouth corners; x right, y down, z away.
_HEAD = np.array(
  [(-31.5, 0, 0), (31.5, 0, 0), (0, 39, -25), (-28, 65, -8), (28, 65, -8)]
)


def turned(yaw, pitch, roll, *, x=0.0):
  """The landmarks of a head, seen from three metres away."""
  (a, b, c), (d, e, f) = (
    operation(np.radians([yaw, pitch, roll])) for operation in (np.cos, np.sin)
  )
  turn = (
    np.array([[c, -f, 0], [f, c, 0], [0, 0, 1]])
    @ [[1, 0, 0], [0, b, -e], [0, e, b]]
    @ [[a, 0, -d], [0, 1, 0], [d, 0, a]]
  )
  points = _HEAD @ turn.T + [0, 0, 3000]
  points = points[:, :2] / points[:, 2:] * 3000 + [500 + x, 300]
  return looks.Look((0, 0, 120, 170), 0.9, points.astype(np.float32))


@pytest.mark.parametrize(
  'angles',
  [(0, 0, 0), (30, 0, 0), (-45, 0, 0), (0, 20, 0), (0, 0, -25), (20, -10, 10)],
)
def test_pose_is_found_wherever_the_face_is(angles):
  for x in (0, 700):
    found = pose.angles(turned(*angles, x=x))
    np.testing.assert_allclose(found, angles, atol=7)


def test_without_landmarks_there_is_no_pose():
  assert pose.angles(looks.Look((0, 0, 9, 9), 0.9)) is None
  one_point = looks.Look((0, 0, 9, 9), 0.9, landmarks=np.full((5, 2), 4.0))
  assert pose.angles(one_point) is None


def test_blur_is_seen():
  face = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=1).frames[
    0
  ]
  sharp = track_scores.sharpness(cv2.resize(face, (128, 128)))
  soft = [
    track_scores.sharpness(cv2.GaussianBlur(face, (0, 0), 2 * sigma)[::2, ::2])
    for sigma in (1, 2, 4)
  ]
  assert sharp > 3 * soft[0] > 6 * soft[1] > 12 * soft[2]
  assert track_scores.sharpness(np.full((64, 64, 3), 90, np.uint8)) == 0


def test_pauses_are_told_from_speech(rng):
  sound = np.zeros(50 * 640, np.float32)
  sound[10 * 640 : 30 * 640] = 0.1 * rng.standard_normal(20 * 640)
  sound[30 * 640 :] = 0.0005 * rng.standard_normal(20 * 640)  # the room
  samples = (sound * 32767).astype(np.int16)
  found = track_scores.speaking(samples)
  assert found.shape == (50,)
  assert found[10:30].all() and not found[:10].any() and not found[30:].any()
  assert track_scores.speaking(samples[:100]).shape == (0,)
  assert not track_scores.speaking(np.zeros(6400, np.int16)).any()
