"""Cuts to the frame, and none where people only move."""

import numpy as np
import pytest
import videos

from input_pipeline import media, shots, synthetic


def cuts_of(path, **limits):
  finder = shots.CutFinder(**limits)
  for picture in media.read_pictures(path, fps=25):
    finder.add(picture)
  return finder.cuts


@pytest.fixture(scope='module')
def takes():
  """Two people, and a second take of the first."""
  return [
    synthetic.make_clip(synthetic.person(k), seed=seed, num_frames=30).frames
    for k, seed in ((0, 0), (4, 0), (0, 7))
  ]


def test_cuts_are_found_to_the_frame(takes, tmp_path):
  one, two, _ = takes
  path = videos.write(tmp_path / 'a.mp4', [*one[:20], *two[:23], *one[20:]])
  assert cuts_of(path) == [20, 43]


@pytest.mark.parametrize('fps', [50, 30000 / 1001, 12])
def test_cuts_are_counted_in_frames_of_25_a_second(takes, tmp_path, fps):
  seconds = round(30 / fps * 25)
  path = videos.write(tmp_path / 'a.mp4', [*takes[0], *takes[1]], fps=fps)
  [cut] = cuts_of(path)
  assert abs(cut - seconds) <= 1


def test_somebody_who_talks_is_one_shot(takes, tmp_path):
  assert cuts_of(videos.write(tmp_path / 'a.mp4', takes[0])) == []


def test_a_slow_fade_or_pan_is_no_cut(takes, tmp_path):
  wide = np.concatenate([takes[0][0], takes[1][0]], axis=1)
  pan = [wide[:, 4 * k : 4 * k + 256] for k in range(64)]
  assert cuts_of(videos.write(tmp_path / 'pan.mp4', pan)) == []
  light = [(takes[0][0] * (1 - k / 60)).astype(np.uint8) for k in range(60)]
  assert cuts_of(videos.write(tmp_path / 'fade.mp4', light)) == []


def test_limits_decide(takes, tmp_path):
  path = videos.write(tmp_path / 'a.mp4', [*takes[0][:20], *takes[1][:20]])
  assert cuts_of(path, level=250) == []


def content_cuts(levels, width=64):
  finder = shots.ContentCutFinder()
  for level in levels:
    finder.add(np.full((48, width, 3), level, np.uint8))
  return finder.cuts


def test_the_originals_cuts_are_of_a_mean_change_of_30():
  # Of grey only the value changes, which is a third of the mean.
  assert content_cuts([10] * 5 + [99] * 5) == []
  assert content_cuts([10] * 5 + [100] * 5) == [5]
  # A second cut comes 15 frames after the first at least; the first may come
  # at once.
  levels = [10, *[200] * 14, *[10] * 5, *[200] * 10]
  assert content_cuts(levels) == [1, 20]
  assert content_cuts([10, *[200] * 15, *[10] * 5]) == [1, 16]


def test_the_originals_cuts_are_looked_for_in_every_kth_pixel():
  finder = shots.ContentCutFinder()
  image = np.zeros((48, 640, 3), np.uint8)
  finder.add(image)
  image = image.copy()
  image[::3, ::3] = 255  # all that is looked at, of a width of 600 to 899
  finder.add(image)
  assert finder.cuts == [1]
