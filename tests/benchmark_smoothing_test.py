"""tools.benchmark smoothing: what is known beforehand is what it finds."""

import numpy as np
import pytest

from input_pipeline import faces, media
from tools import (
  benchmark,
  benchmark_reference_boxes,
  benchmark_smoothing,
  benchmark_sway,
)

TIME = np.arange(100) / 25


def test_the_references_smoothing():
  ramp = np.arange(0, 80, 10)[:, None]
  smooth = benchmark_reference_boxes.smoothed(ramp)[:, 0]
  assert smooth.tolist() == [20, 30, 40, 50, 54, 56, 58, 57]
  # Fewer boxes than a mean takes: all there are.
  assert benchmark_reference_boxes.smoothed(ramp[:2]).ravel().tolist() == [5, 7]


def test_the_references_boxes_are_within_the_picture():
  found = benchmark_reference_boxes.whole_pixels(
    [(-3.7, 4.9, 50.9, 60.2), (9.0, 9.0, 120.0, 95.0)], (100, 110)
  )
  assert found.tolist() == [[0, 4, 50, 70], [9, 9, 110, 100]]


@pytest.mark.parametrize('lag', [-2.0, 0.0, 1.35])
def test_a_known_lag_is_found(lag):
  path = benchmark_sway.sway(TIME - lag / 25, 80) + (3, -5)
  found = benchmark_sway.followed(path, 25, 80)
  assert found['lag'] == pytest.approx(lag, abs=0.01)
  assert (found['error'] < 0.01) == (lag == 0)


def test_a_known_error_is_found():
  path = benchmark_sway.sway(TIME, 50)
  path[::2] += (3, 4)
  path[1::2] -= (3, 4)
  found = benchmark_sway.followed(path, 25, 50)
  assert found['error'] == pytest.approx(1000 * 5 / 50)


def test_a_pushed_picture_has_moved_to_the_right_and_down():
  picture = np.zeros((20, 30, 3), np.uint8)
  picture[5:8, 10:14] = 200
  moved = benchmark_sway.push(picture, 4, 2)
  np.testing.assert_array_equal(moved[7:10, 14:18], picture[5:8, 10:14])
  between = benchmark_sway.push(picture, 0.5, 0)
  assert 90 < between[6, 10, 0] < 110


class Brightest:
  """Finds the bright rectangle, as unsteadily as detectors do."""

  name = 'brightest'

  def __init__(self):
    self.rng = np.random.default_rng(0)

  def __call__(self, frame):
    weight = (frame[..., 0].astype(float) - 60).clip(0)
    y, x = np.indices(weight.shape) + 0.5
    centre = [(weight * axis).sum() / weight.sum() for axis in (x, y)]
    cx, cy = centre + self.rng.normal(0, 0.5, 2)
    box = (cx - 20, cy - 28, cx + 20, cy + 28 + self.rng.normal())
    return [faces.Detection(box, 0.9)]


@pytest.fixture
def clip(tmp_path):
  path = tmp_path / 'still.mp4'
  frame = np.full((144, 192, 3), 50, np.uint8)
  frame[44:100, 76:116] = 200
  with media.VideoWriter(path, width=192, height=144, fps=25) as writer:
    for _ in range(60):
      writer.write(frame)
  return path


def test_ways_differ_as_they_should(clip):
  found = benchmark_smoothing.measure(clip, Brightest(), seconds=2)
  raw, theirs, whole, stream = (
    found[name]
    for name in (
      benchmark_smoothing.RAW,
      benchmark_smoothing.REFERENCE,
      benchmark_smoothing.WHOLE,
      benchmark_smoothing.STREAM,
    )
  )
  assert theirs['lag'] == pytest.approx(-2, abs=0.3)
  for ours in (whole, stream):
    assert abs(ours['lag']) < 0.6
    assert ours['centre'] < 0.2 * theirs['centre']
    assert ours['side'] < 0.2 * theirs['side']
  assert abs(raw['lag']) < 0.1 and raw['centre'] > theirs['centre']


def test_the_report(clip, monkeypatch, capsys):
  monkeypatch.setattr(
    benchmark_smoothing.faces, 'make_detector', lambda *_, **__: Brightest()
  )
  words = ['smoothing', '--videos', f'{clip}', '--seconds', '1']
  benchmark.main(words)
  report, table, _ = capsys.readouterr().out.split('\n\n')
  assert report.startswith('1 clips, at most 1 s of each, detector brightest')
  assert [line.split(' | ')[0][2:] for line in table.splitlines()[2:]] == [
    benchmark_smoothing.RAW,
    benchmark_smoothing.REFERENCE,
    benchmark_smoothing.WHOLE,
    benchmark_smoothing.STREAM,
  ]


def test_clips_that_say_nothing_are_refused(clip):
  with pytest.raises(ValueError, match='at least 1 s'):
    benchmark_smoothing.measure(clip, Brightest(), seconds=0.5)
  with pytest.raises(ValueError, match='in every frame'):
    benchmark_smoothing.measure(clip, lambda _: [], seconds=2)
