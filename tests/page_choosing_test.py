"""Whom the page shows and a visitor chooses, without the web."""

import pathlib

import numpy as np
import pytest

from input_pipeline import faces
from lipsync_jax.inference import thumbnails
from lipsync_jax.page import choosing, sessions
from tests import dubbing, page_stand_ins, videos
from tests.page_stand_ins import TwoFaces


@pytest.fixture
def video(tmp_path):
  return page_stand_ins.write_video(tmp_path)


@pytest.fixture
def visitors(tmp_path):
  return sessions.Sessions(tmp_path)


def test_the_thumbnail_is_the_first_picture_with_faces_left_to_right(video):
  found = thumbnails.find(video, TwoFaces())
  # Dark until 0.48 s; looked at every 0.2 s.
  assert found.seconds == pytest.approx(0.6)
  assert [face.box[0] for face in found.faces] == [10, 60]
  assert found.point(0) == '20,32' and found.point(1) == '75,30'


def test_without_faces_it_is_the_first_picture(video):
  found = thumbnails.find(video, TwoFaces(), seconds=0.3)
  assert found.faces == () and found.seconds == 0


def test_faces_are_in_pixels_of_the_video_not_of_the_thumbnail(tmp_path):
  picture = dubbing.picture(width=1920, height=1080)
  path = videos.write(tmp_path / 'large.mp4', [picture])
  found = thumbnails.find(path, TwoFaces())
  assert found.image.shape == (540, 960, 3) and found.scale == 2
  assert found.faces[0].box == (20, 40, 60, 88)
  assert found.point(0) == '40,64'
  # The same place on the small picture, as a browser says it.
  assert found.at(20.0, 32.0) == 0


@pytest.mark.parametrize(
  ('place', 'face'),
  [
    ((20, 30), 0),
    ((75, 30), 1),
    ((33, 30), 0),
    ((57, 30), 1),
    ((20, 90), None),
  ],
)
def test_a_click_means_the_face_under_it_or_close_by(video, place, face):
  assert thumbnails.find(video, TwoFaces()).at(*map(float, place)) == face


def test_in_overlapping_boxes_the_nearer_centre_is_meant():
  boxes = (0.0, 0.0, 60.0, 80.0), (40.0, 0.0, 100.0, 80.0)
  found = thumbnails.Thumbnail(
    np.zeros((100, 100, 3), np.uint8),
    1.0,
    0.0,
    tuple(faces.Detection(box, 0.9) for box in boxes),
  )
  assert found.at(45.0, 40.0) == 0 and found.at(56.0, 40.0) == 1


def test_the_chosen_box_stands_out_and_the_picture_is_not_changed(video):
  found = thumbnails.find(video, TwoFaces())
  before = found.image.copy()
  drawn = [found.draw(chosen) for chosen in (None, 0, 1)]
  assert np.array_equal(found.image, before)
  edge = [tuple(image[30, 60].tolist()) for image in drawn]
  assert edge[0] == edge[1] == (255, 255, 255)
  assert edge[2] == (79, 70, 229)


def test_a_visitor_chooses_a_face(video, visitors):
  people = choosing.Choosing(visitors, TwoFaces())
  person = people.add('a', str(video))
  assert (person.faces, person.chosen) == (2, 1)  # the larger
  assert '2 faces found' in person.note
  assert visitors.get('a').face == '75,30'
  assert people.click('a', 20.0, 30.0) == 0
  picture = people.choose('a', 0)
  assert picture != person.picture and pathlib.Path(picture).exists()
  assert visitors.get('a').face == '20,32'
  people.choose('a', 7)  # not from the page
  assert visitors.get('a').face == '20,32'
  assert people.add('a', None) == choosing.Person()
  assert visitors.get('a').video is None


def test_a_bad_file_is_explained_without_its_folder(tmp_path, visitors):
  bad = tmp_path / 'bad.mp4'
  bad.write_bytes(b'nothing' * 99)
  person = choosing.Choosing(visitors, TwoFaces()).add('a', str(bad))
  assert 'bad.mp4: not a media file' in person.note
  assert 'role="alert"' in person.note and str(tmp_path) not in person.note
  assert visitors.get('a').video is None


def test_a_fault_of_ours_is_logged_and_said_kindly(video, visitors, caplog):
  def broken(frame):
    raise RuntimeError('secret')

  person = choosing.Choosing(visitors, broken).add('a', str(video))
  assert 'Something went wrong' in person.note and 'secret' not in person.note
  assert 'secret' in caplog.text
