"""The pictures of the output: each at its time, at any rate, by any fit."""

import fractions
import itertools

import pytest

from input_pipeline import media
from lipsync_jax.inference import repeats, schedule
from tests import videos

NTSC = fractions.Fraction(30000, 1001)


def shown(path, seconds, fit):
  timing = repeats.lively(media.timing(path))
  seconds = fractions.Fraction(seconds)
  pictures = list(schedule.shown(path, timing, seconds=seconds, fit=fit))
  assert [picture.index for picture in pictures] == list(range(len(pictures)))
  assert pictures[0].time == 0
  for one, following in itertools.pairwise(pictures):
    assert one.end == following.time > one.time
  for picture in pictures:
    assert videos.number(picture.picture.image()) == picture.number
  return pictures


def numbers(pictures):
  return [picture.number for picture in pictures]


@pytest.mark.parametrize('fps', [25, NTSC, 60])
@pytest.mark.parametrize(
  ('fit', 'expected'),
  [
    ('bounce', [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]),
    ('loop', [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]),
    ('freeze', [0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3]),
    ('cut', [0, 1, 2, 3]),
  ],
)
def test_a_short_video_is_fitted(tmp_path, fps, fit, expected):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(4), fps)
  seconds = 12 / fractions.Fraction(fps)
  pictures = shown(path, seconds, fit)
  assert numbers(pictures) == expected
  assert [picture.time * fps for picture in pictures] == list(
    range(len(expected))
  )
  ends = schedule.length(media.timing(path), seconds, fit)
  assert pictures[-1].end == ends == fractions.Fraction(len(expected)) / fps


@pytest.mark.parametrize('fit', schedule.FITS)
def test_a_long_video_is_cut_to_the_sound(tmp_path, fit):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(30))
  assert numbers(shown(path, '0.49', fit)) == list(range(12))
  assert len(shown(path, '0.001', fit)) == 1


def test_a_dropped_frame_is_filled_at_a_constant_rate(tmp_path):
  path = videos.write_raw(
    tmp_path / 'a.mp4', [0, 1, 2, 4, 5], fractions.Fraction(1, 30)
  )
  pictures = shown(path, '0.3', 'bounce')
  assert numbers(pictures) == [0, 1, 2, 2, 3, 4, 3, 2, 2]
  assert pictures[3].end == fractions.Fraction(4, 30)


@pytest.fixture
def variable(tmp_path):
  """Four pictures, on screen for 40, 100, 30 and 70 ms."""
  times = fractions.Fraction(1, 1000)
  path = videos.write_raw(tmp_path / 'v.mp4', [0, 40, 140, 170], times)
  timing = media.timing(path)
  assert not timing.constant
  return path, round(1000 * (timing.end - timing.times[-1]))


def lengths(pictures):
  return [round(1000 * (one.end - one.time)) for one in pictures]


def test_a_variable_rate_shows_each_picture_once(variable):
  path, _ = variable
  pictures = shown(path, '0.16', 'bounce')
  assert numbers(pictures) == [0, 1, 2]
  assert lengths(pictures) == [40, 100, 20]
  assert pictures[-1].end == fractions.Fraction(16, 100)


def test_a_variable_rate_bounces_in_mirrored_time(variable):
  path, last = variable
  seconds = fractions.Fraction(340 + last + 170, 1000)
  pictures = shown(path, seconds, 'bounce')
  assert numbers(pictures) == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
  expected = [40, 100, 30, last, 30, 100, 40, 100, 30, 40]
  assert lengths(pictures) == expected


def test_a_variable_rate_loops(variable):
  path, last = variable
  seconds = fractions.Fraction(170 + last + 60, 1000)
  pictures = shown(path, seconds, 'loop')
  assert numbers(pictures) == [0, 1, 2, 3, 0, 1]
  assert lengths(pictures) == [40, 100, 30, last, 40, 20]


def test_a_variable_rate_freezes_at_the_average(variable):
  path, last = variable
  fps = media.timing(path).fps
  pictures = shown(path, 1, 'freeze')
  assert set(numbers(pictures[3:])) == {3}
  assert pictures[5].end - pictures[5].time == 1 / fps
  assert pictures[-1].end == 1


def test_a_variable_rate_ends_with_its_video(variable):
  path, last = variable
  pictures = shown(path, 1, 'cut')
  assert lengths(pictures) == [40, 100, 30, last]
  seconds = schedule.length(media.timing(path), fractions.Fraction(1), 'cut')
  assert pictures[-1].end == seconds


def test_a_rest_too_short_to_see_is_left_to_the_picture_before(variable):
  path, _ = variable
  pictures = shown(path, '0.1405', 'bounce')
  assert lengths(pictures) == [40, 100]
  assert pictures[-1].end == fractions.Fraction('0.1405')


def test_what_stands_for_long_is_shown_25_times_a_second(tmp_path):
  unit = fractions.Fraction(1, 1000)
  path = videos.write_raw(tmp_path / 'v.mp4', [0, 40, 1041, 1085], unit)
  pictures = shown(path, '1.085', 'bounce')
  still = [one for one in pictures if one.number == 1]
  assert sorted(set(numbers(pictures))) == [0, 1, 2]
  assert 24 <= len(still) <= 26
  assert {round(40 / length, 1) for length in lengths(still)} == {1.0}
  timing = repeats.lively(media.timing(path))
  whole = shown(path, 9, 'cut')
  assert float(timing.fps) == pytest.approx(len(whole) / timing.end, rel=0.02)


@pytest.mark.parametrize(('fps', 'times'), [(2, 13), (3, 9), (4, 1)])
def test_a_slow_constant_rate_is_multiplied(tmp_path, fps, times):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(4), fps)
  timing = repeats.lively(media.timing(path))
  assert (timing.fps, timing.constant) == (fps * times, True)
  pictures = shown(path, fractions.Fraction(4, fps), 'cut')
  assert numbers(pictures) == [k for k in range(4) for _ in range(times)]
  assert pictures[-1].end == fractions.Fraction(4, fps)


@pytest.mark.parametrize('fit', schedule.FITS)
def test_a_still_picture_is_decoded_once(tmp_path, fit):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(1), 30)
  pictures = shown(path, 2, fit)
  assert len(pictures) == 50
  assert len({id(shown.picture) for shown in pictures}) == 1


def test_backwards_in_pieces_of_a_few_pictures(tmp_path, monkeypatch):
  monkeypatch.setattr(schedule, '_MEMORY', 3 * 2 * 64 * 48)
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(20))
  there_and_back = [*range(20), *range(18, -1, -1), 1]
  assert numbers(shown(path, '1.6', 'bounce')) == there_and_back


def test_another_fit_is_refused(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(2))
  with pytest.raises(ValueError, match="fit 'stretch': must be one of"):
    shown(path, 1, 'stretch')
