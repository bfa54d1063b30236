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
