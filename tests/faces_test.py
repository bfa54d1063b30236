"""Detectors find faces, agree on what a face is, and check their files."""

import pathlib

import cv2
import numpy as np
import pytest

from input_pipeline import faces, synthetic, yunet_model

_SHARED = pathlib.Path(__file__).parents[2] / 'shared'
_MODEL = _SHARED / 'models' / 'face_detection_yunet_2023mar.onnx'
needs_yunet = pytest.mark.skipif(
  not _MODEL.exists(), reason=f'The YuNet model is not at {_MODEL}.'
)


@pytest.fixture(scope='module')
def talker():
  return synthetic.make_clip(synthetic.person(0), seed=0, num_frames=2)


@pytest.fixture
def no_yunet(monkeypatch, tmp_path):
  monkeypatch.delenv(yunet_model.VARIABLE, raising=False)
  monkeypatch.setenv('HOME', str(tmp_path))


def centre(box):
  return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def test_cascade_finds_the_face_around_the_mouth(talker):
  [found] = faces.make_detector('cascade')(talker.frames[0])
  x0, y0, x1, y1 = found.box
  mouth_x, mouth_y = centre(talker.mouth_box[0])
  assert abs((mouth_x - x0) / (x1 - x0) - 0.5) < 0.1
  assert 0.65 < (mouth_y - y0) / (y1 - y0) < 0.95
  assert 0 < found.score < 1
  assert found.landmarks is None


def test_large_frames_are_searched_small_and_answered_large(talker):
  detector = faces.make_detector('cascade')
  small = cv2.resize(talker.frames[0], (640, 640))
  large = cv2.resize(small, (1280, 1280))
  [a], [b] = detector(small), detector(large)
  np.testing.assert_allclose(b.box, 2 * np.array(a.box), atol=30)


def test_no_face_in_an_empty_picture():
  grey = np.full((120, 160, 3), 128, np.uint8)
  assert faces.make_detector('cascade')(grey) == []


def test_size_is_the_height_of_a_box_of_usual_shape():
  assert faces.Detection((0, 0, 100, 140), 1.0).size == pytest.approx(140)


def test_auto_falls_back_to_the_cascade(no_yunet):
  assert faces.make_detector('auto').name == 'cascade'


def test_missing_yunet_says_what_to_do(no_yunet):
  with pytest.raises(FileNotFoundError, match='download it once'):
    faces.make_detector('yunet')
  with pytest.raises(FileNotFoundError, match='no YuNet model at nowhere'):
    faces.make_detector('auto', model_path='nowhere.onnx')


def test_unknown_detector_is_refused():
  with pytest.raises(ValueError, match="'mtcnn': auto, yunet or cascade"):
    faces.make_detector('mtcnn')


def test_model_with_other_bytes_is_refused(tmp_path, monkeypatch):
  path = tmp_path / 'model.onnx'
  path.write_bytes(b'something else')
  monkeypatch.setenv(yunet_model.VARIABLE, str(path))
  with pytest.raises(ValueError, match='SHA-256 differs'):
    faces.make_detector('auto')


def test_download_of_other_bytes_leaves_nothing(no_yunet, tmp_path):
  path = tmp_path / 'served.onnx'
  path.write_bytes(b'something else')
  with pytest.raises(ValueError, match='SHA-256 differs'):
    yunet_model.download(path.as_uri())
  assert not yunet_model.cached().parent.exists()


def test_download_without_network_says_what_to_do(no_yunet, tmp_path):
  missing = (tmp_path / 'missing.onnx').as_uri()
  with pytest.raises(OSError, match='Fetch it by hand'):
    yunet_model.download(missing)


@needs_yunet
def test_downloaded_model_is_found(no_yunet):
  assert yunet_model.download(_MODEL.as_uri()) == yunet_model.cached()
  assert faces.make_detector('auto').name == 'yunet'


@needs_yunet
def test_yunet_names_the_landmarks(talker):
  [found] = faces.make_detector('yunet', model_path=_MODEL)(talker.frames[0])
  right_eye, left_eye, nose, right_corner, left_corner = found.landmarks
  assert right_eye[0] < nose[0] < left_eye[0]
  assert right_corner[0] < nose[0] < left_corner[0]
  assert right_eye[1] < nose[1] < right_corner[1]
  x0, y0, x1, y1 = talker.mouth_box[0]
  assert x0 < right_corner[0] and left_corner[0] < x1


@needs_yunet
@pytest.mark.parametrize('who', [4, 12, 24, 36])
def test_cascade_and_yunet_mean_the_same_face(who):
  clip = synthetic.make_clip(synthetic.person(who), seed=1, num_frames=1)
  [a] = faces.make_detector('cascade')(clip.frames[0])
  [b] = faces.make_detector('yunet', model_path=_MODEL)(clip.frames[0])
  np.testing.assert_allclose(a.box, b.box, atol=0.13 * b.size)
