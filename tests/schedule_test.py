"""Frames, their order, and the mel windows that belong to them."""

import fractions
import itertools

import numpy as np
import pytest

from input_pipeline import alignment, audio, media
from lipsync_jax.inference import schedule, speech
from tests import videos

NTSC = fractions.Fraction(30000, 1001)


def test_bounce_goes_to_and_fro_without_repeating_the_ends():
  order = [schedule.bounce(k, 4) for k in range(10)]
  assert order == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
  assert [schedule.bounce(k, 1) for k in range(3)] == [0, 0, 0]


@pytest.mark.parametrize('length', [1, 2, 7])
@pytest.mark.parametrize('fps', [25, NTSC])
def test_a_short_video_bounces(tmp_path, length, fps):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(length), fps)
  fps = fractions.Fraction(fps)
  frames = list(schedule.source_frames(path, fps=fps, total=20))
  expected = [schedule.bounce(k, length) for k in range(20)]
  assert [number for number, _ in frames] == expected
  assert [videos.number(image) for _, image in frames] == expected


def test_a_long_video_is_cut(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(30))
  fps = fractions.Fraction(25)
  frames = schedule.source_frames(path, fps=fps, total=12)
  assert [number for number, _ in frames] == list(range(12))


def shown(path, seconds, fit):
  timing = media.timing(path)
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


@pytest.mark.parametrize('fit', schedule.FITS)
def test_a_still_picture_is_decoded_once(tmp_path, fit):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(1), 30)
  pictures = shown(path, 2, fit)
  assert len(pictures) == 50
  assert len({id(shown.picture) for shown in pictures}) == 1


def test_backwards_in_pieces_of_a_few_pictures(tmp_path, monkeypatch):
  monkeypatch.setattr(schedule, '_MEMORY', 3 * 2 * 64 * 48)
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(20))
  assert numbers(shown(path, '1.6', 'bounce')) == [
    schedule.bounce(k, 20) for k in range(40)
  ]


def test_another_fit_is_refused(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(2))
  with pytest.raises(ValueError, match="fit 'stretch': must be one of"):
    shown(path, 1, 'stretch')


def test_frame_count_is_the_nearest():
  assert schedule.frame_count(2.0, fractions.Fraction(25)) == 50
  assert schedule.frame_count(1.001, NTSC) == 30
  assert schedule.frame_count(0.001, fractions.Fraction(25)) == 1


@pytest.mark.parametrize('samples', [300, 159_999, 160_000, 403_210])
def test_streamed_mel_is_the_mel_of_the_whole(samples):
  waveform = np.random.default_rng(0).normal(0, 0.1, samples)
  waveform = waveform.astype(np.float32)
  blocks = np.array_split(waveform, 1 + samples // 7000)
  streamed = np.concatenate(list(speech.feature_rows(blocks)))
  whole = audio.mel_spectrogram(waveform)
  assert streamed.shape == whole.shape
  np.testing.assert_allclose(streamed, whole, atol=1e-4)


def test_windows_from_a_stream_are_those_of_the_whole():
  rng = np.random.default_rng(0)
  mel = rng.normal(size=(330, 80)).astype(np.float32)
  windows = speech.Windows(np.array_split(mel, 9))
  for frame in range(0, 110, 3):  # 330 rows are 103 frames
    centre = fractions.Fraction(2 * frame + 1, 50)
    expected = alignment.window(mel, alignment.frame_start(frame))
    np.testing.assert_array_equal(windows.at(centre), expected)


def test_duration_is_counted(tmp_path):
  path = videos.write_wav(tmp_path / 'a.wav', np.zeros(44_101), 44_100)
  assert speech.duration(path) == fractions.Fraction(44_101, 44_100)
  (tmp_path / 'b.wav').write_bytes(path.read_bytes()[:44])
  with pytest.raises(media.MediaError):
    speech.duration(tmp_path / 'b.wav')
