"""A prepared avatar: which pictures, which face, and its file."""

import cv2
import numpy as np
import pytest

from input_pipeline import faces, media, tracks
from lipsync_jax.inference import avatar
from tests import dubbing, fakes, videos

DARK = dubbing.picture(10) // 2


def prepare(tmp_path, pictures, detector=None, **options):
  path = videos.write(tmp_path / 'a.mp4', pictures)
  return avatar.prepare(path, detector or fakes.FakeDetector(), **options)


def test_boxes_are_those_of_the_whole_video(tmp_path):
  person = prepare(tmp_path, [dubbing.picture(80 + k) for k in range(30)])
  assert person.frames.shape == (30, 96, 96, 3)
  face = fakes.FakeDetector()(dubbing.picture())[0]
  for k, box in enumerate(tracks.smooth_track([face] * 30)):
    assert person.box(k) == box
  video = [image for _, image in media.read_frames(tmp_path / 'a.mp4')]
  difference = np.abs(person.frames.astype(int) - video)
  assert difference.max() < 8 and difference.mean() < 1


def test_the_longest_passage_with_a_face_is_taken(tmp_path):
  light = dubbing.picture()
  pictures = [light] * 10 + [DARK] * 20 + [light] * 25 + [DARK] * 5
  person = prepare(tmp_path, pictures)
  assert len(person.pictures) == len(person.boxes) == 25
  assert person.frames.mean(axis=(1, 2, 3)).min() > 100


def test_it_ends_at_a_cut(tmp_path):
  pictures = [dubbing.picture(90)] * 12 + [255 - dubbing.picture(40)] * 20
  person = prepare(tmp_path, pictures)
  assert len(person.pictures) == 20
  assert person.frames.mean(axis=(1, 2, 3)).min() > 180


def test_a_face_is_chosen(tmp_path):
  class Two(fakes.FakeDetector):
    def __call__(self, frame):
      small = faces.Detection((62.0, 10.0, 92.0, 52.0), 0.95)
      return [small, faces.Detection((4.0, 12.0, 44.0, 68.0), 0.9)]

  def middle(face):
    person = prepare(tmp_path, [dubbing.picture()] * 6, Two(), face=face)
    return person.boxes[0, 0]

  assert middle('largest') == middle('left') == pytest.approx(24)
  assert middle('right') == middle('80,30') == pytest.approx(77)
  with pytest.raises(media.MediaError, match='never seen; there were 2'):
    middle('5')
  for wrong in ('speaker', 'nose'):
    with pytest.raises(ValueError):
      middle(wrong)


def test_it_is_bounded(tmp_path):
  detector = fakes.FakeDetector()
  pictures = [dubbing.picture(120, 130, 98)] * 40
  person = prepare(tmp_path, pictures, detector, max_seconds=0.5, max_height=49)
  # 0.5 s at 25 fps, half the size, cut to even sizes.
  assert person.frames.shape == (12, 48, 64, 3)
  assert detector.calls <= 12


def test_another_frame_rate(tmp_path):
  person = prepare(tmp_path, [dubbing.picture()] * 20, fps=50)
  assert len(person.pictures) == 40 and person.fps == 50


def test_a_picture_is_enough(tmp_path):
  path = tmp_path / 'face.png'
  cv2.imwrite(str(path), dubbing.picture())
  person = avatar.prepare(path, fakes.FakeDetector())
  assert len(person.pictures) == 1
  assert [person.number(index) for index in range(4)] == [0] * 4


def test_no_face_is_an_error(tmp_path):
  with pytest.raises(media.MediaError, match='no usable face'):
    prepare(tmp_path, [DARK] * 5)
  with pytest.raises(media.MediaError):
    avatar.prepare(tmp_path / 'nothing.mp4', fakes.FakeDetector())


def test_pictures_go_to_and_fro(tmp_path):
  person = prepare(tmp_path, [dubbing.picture()] * 4)
  order = [person.number(index) for index in range(10)]
  assert order == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
  assert person.number(6 * 10**6 + 5) == 1


def test_the_file_holds_the_same_avatar(tmp_path):
  person = prepare(tmp_path, [dubbing.picture(80 + k) for k in range(5)])
  person.save(tmp_path / 'person.npz')
  again = avatar.load(tmp_path / 'person.npz')
  assert again.fps == person.fps
  np.testing.assert_array_equal(again.boxes, person.boxes)
  np.testing.assert_array_equal(again.frames, person.frames)


@pytest.mark.parametrize('content', [b'', b'text', b'PK\x03\x04broken'])
def test_other_files_are_refused(tmp_path, content):
  path = tmp_path / 'person.npz'
  path.write_bytes(content)
  with pytest.raises(media.MediaError, match='is not an avatar'):
    avatar.load(path)
  np.savez(path, boxes=np.zeros((1, 3)))
  with pytest.raises(media.MediaError, match='is not an avatar'):
    avatar.load(path)


@pytest.mark.parametrize(
  'wrong', [{'fps': np.array([25, 0])}, {'boxes': np.zeros((3, 3))}]
)
def test_a_damaged_avatar_is_refused(tmp_path, wrong):
  path = tmp_path / 'person.npz'
  prepare(tmp_path, [dubbing.picture()]).save(path)
  with np.load(path) as stored:
    contents = dict(stored) | wrong
  np.savez(path, **contents)
  with pytest.raises(media.MediaError, match='is not an avatar'):
    avatar.load(path)


def test_an_older_convention_is_refused(tmp_path, monkeypatch):
  prepare(tmp_path, [dubbing.picture()]).save(tmp_path / 'person.npz')
  monkeypatch.setattr(tracks, 'FACE_CROP', 'v2')
  with pytest.raises(media.MediaError, match="'v1'"):
    avatar.load(tmp_path / 'person.npz')
