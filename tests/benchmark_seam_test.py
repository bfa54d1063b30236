"""tools.benchmark seam: a step of known height, and what softness leaves."""

import cv2
import numpy as np
import pytest

from input_pipeline import faces, media, tracks
from tools import benchmark, benchmark_gradients, benchmark_seam

BOX = tracks.CropBox(cx=100.0, cy=90.0, side=80.0)


@pytest.fixture
def picture():
  noise = np.random.default_rng(0).normal(128, 400, (180, 200, 3))
  smooth = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 6)
  return smooth.clip(0, 255).astype(np.uint8)


def test_a_step_is_found_at_its_place():
  frame = np.full((180, 200, 3), 100, np.uint8)
  bright = np.full((96, 96, 3), 130, np.uint8)
  hard = benchmark_gradients.overwrite(frame, bright, BOX)
  assert (hard[50:130, 60:140] == 130).all() and hard.sum() == (
    frame.sum() + 80 * 80 * 3 * 30
  )
  sides = benchmark_gradients.lines(hard, BOX)
  assert len(sides) == 4
  for side in sides:
    assert side[0] == 30 and not side[1:].any()


def test_a_step_further_inside_is_the_steepest(picture):
  made = tracks.crop(picture, BOX, 80)
  found = benchmark_gradients.seams(picture, made, BOX, original=made)
  border, steepest = found['hard rectangle']
  assert abs(border) < 0.5
  inner = made.copy()
  inner[:, 8:] = 255 - inner[:, 8:]
  moved = benchmark_gradients.seams(picture, inner, BOX, original=made)
  assert moved['hard rectangle'][1] > steepest + 10


@pytest.mark.parametrize('side', [60.0, 133.3])
def test_softness_leaves_a_small_part_of_the_hard_ways_seam(picture, side):
  box = tracks.CropBox(100.4, 90.7, side)
  crop = tracks.crop(picture, box, 96)
  made = benchmark_seam.stand_in(crop[None])[0]
  found = benchmark_gradients.seams(picture, made, box, original=crop)
  border, steepest = found['hard rectangle']
  assert 4 < border <= steepest
  for way in ('soft mask', 'soft mask, colour matched'):
    assert abs(found[way][0]) < 0.02 * border
    assert found[way][1] < 0.1 * steepest


@pytest.mark.parametrize('cx, cy', [(10.0, 90.0), (100.0, 175.0), (5.0, 5.0)])
def test_sides_outside_the_picture_do_not_count(picture, cx, cy):
  box = tracks.CropBox(cx, cy, 80.0)
  crop = tracks.crop(picture, box, 96)
  assert benchmark_gradients.overwrite(picture, crop, box).shape == (
    picture.shape
  )
  assert 1 <= len(benchmark_gradients.lines(picture, box)) < 4
  found = benchmark_gradients.seams(picture, crop, box, original=crop)
  assert np.isfinite(list(found.values())).all()


def test_a_square_larger_than_the_picture_is_refused(picture):
  with pytest.raises(ValueError, match='outside the picture'):
    benchmark_gradients.lines(picture, tracks.CropBox(100, 90, 500))


class Middle:
  name = 'middle'

  def __call__(self, frame):
    return [faces.Detection((60, 40, 140, 152), 0.9)]


def test_the_report(picture, tmp_path, monkeypatch, capsys):
  path = tmp_path / 'clip.mp4'
  with media.VideoWriter(path, width=200, height=180, fps=25) as writer:
    for _ in range(10):
      writer.write(picture)
  monkeypatch.setattr(
    benchmark_seam.faces, 'make_detector', lambda *_, **__: Middle()
  )
  benchmark.main(['seam', '--videos', f'{path}'])
  _, table, _ = capsys.readouterr().out.split('\n\n')
  rows = [line.split(' | ') for line in table.splitlines()[2:]]
  assert [row[1] for row in rows] == list(benchmark_gradients.WAYS)
  borders = [float(row[2]) for row in rows]
  assert borders[0] > 4 and max(map(abs, borders[1:])) < 0.1


def test_a_clip_without_a_face_is_refused(tmp_path, picture):
  path = tmp_path / 'clip.mp4'
  with media.VideoWriter(path, width=200, height=180, fps=25) as writer:
    writer.write(picture)
  with pytest.raises(ValueError, match='no face'):
    benchmark_seam._track(path, lambda _: [], 1)


def test_what_is_wrong_is_said_in_a_line(tmp_path):
  with pytest.raises(SystemExit, match='^error: .*nothing.mp4'):
    benchmark.main(['seam', '--videos', f'{tmp_path / "nothing.mp4"}'])
