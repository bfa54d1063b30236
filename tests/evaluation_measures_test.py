"""Measures of a made video, on videos whose numbers are known beforehand."""

import numpy as np
import pytest

from input_pipeline import media, tracks
from lipsync_jax.evaluation import clip as clip_lib
from lipsync_jax.evaluation import judges as judges_lib
from lipsync_jax.evaluation import measures, sources
from lipsync_jax.inference import tally
from lipsync_jax.judging import silence
from tests import videos

BOX = tracks.CropBox(32.0, 24.0, 32.0)


def texture(level=120.0, shift=0, contrast=40):
  y, x = np.mgrid[:48, :64]
  wave = level + contrast * np.sin((x + shift) / 3) * np.cos(y / 2)
  return np.repeat(wave[..., None], 3, -1).clip(0, 255).astype(np.uint8)


def loud(frames):
  rng = np.random.default_rng(0)
  return rng.uniform(-0.5, 0.5, 640 * frames).astype(np.float32)


@pytest.fixture
def write(tmp_path):
  def write(name, pictures):
    sound = loud(len(pictures))
    return videos.write(tmp_path / name, pictures, audio=sound, crf=4)

  return write


def source_of(path, frames, openings=None):
  return sources.Source(
    path,
    [BOX] * frames,
    media.read_audio_int16(path),
    np.zeros(frames) if openings is None else openings,
    silence.Scale(0.1, 0.3),
  )


def clip_of(write, made, truth, fit='cut'):
  paths = write('made.mp4', made), write('truth.mp4', truth)
  source = source_of(paths[1], len(truth))
  return clip_lib.Clip(paths[0], source, fit=fit, size=32)


def test_quality_of_the_same_pictures_is_the_best_there_is(write):
  pictures = [texture(shift=k % 3) for k in range(20)]
  # One file: x264 with several threads need not code alike twice.
  path = write('a.mp4', pictures)
  source = source_of(path, len(pictures))
  clip = clip_lib.Clip(path, source, fit='cut', size=32)
  found = measures.quality(clip, judges_lib.Judges(), own=True)
  assert found == pytest.approx(
    {'l1': 0, 'psnr': 60, 'ssim': 1, 'sharpness': 1, 'flicker': 0}, abs=1e-6
  )


def test_quality_of_a_brighter_and_jumping_picture(write):
  truth = [texture()] * 20
  made = [texture(130 + 10 * (k % 2)) for k in range(20)]
  found = measures.quality(
    clip_of(write, made, truth), judges_lib.Judges(), own=True
  )
  # 10 and 20 levels off in turn; to and fro by 10 is a second difference of 20.
  assert found['l1'] == pytest.approx(15 / 255, rel=0.05)
  expected = -20 * np.log10(np.array([10, 20]) / 255)
  assert found['psnr'] == pytest.approx(expected.mean(), abs=0.3)
  assert found['flicker'] == pytest.approx(20, rel=0.06)
  assert found['sharpness'] == pytest.approx(1, rel=0.1)
  assert 0.8 < found['ssim'] < 1


def test_without_a_truth_only_what_needs_none_is_said(write):
  truth, made = [texture(contrast=100)] * 20, [texture(contrast=50)] * 20
  found = measures.quality(
    clip_of(write, made, truth), judges_lib.Judges(), own=False
  )
  assert set(found) == {'sharpness', 'flicker'}
  # Half the contrast has a quarter of the variance.
  assert found['sharpness'] == pytest.approx(0.25, rel=0.1)


def test_only_frames_that_the_source_has_are_compared(write):
  truth = [texture(shift=k) for k in range(20)]
  longer = [*truth, *truth[-2:0:-1], *truth]
  clip = clip_of(write, longer, truth, fit='bounce')
  pieces = list(clip.pieces())
  assert sum(len(piece.crops) for piece, _ in pieces) == len(longer)
  assert sum(len(twin) for _, twin in pieces) == 20
  found = measures.quality(clip, judges_lib.Judges(), own=True)
  assert found['ssim'] == pytest.approx(1, abs=0.01)


def test_judges_at_hand_are_asked(write):
  pictures = [texture()] * 20
  seen = []

  def lpips(made, truth):
    seen.append((made.shape, truth.shape))
    return np.full(len(made), 0.25)

  def landmarks(crops):
    points = np.tile(np.arange(40.0).reshape(20, 2), (len(crops), 1, 1))
    return points * (1 + len(calls)) if calls.append(0) is None else points

  calls: list = []
  judges = judges_lib.Judges(lpips=lpips, landmarks=landmarks)
  found = measures.quality(clip_of(write, pictures, pictures), judges, own=True)
  assert found['lpips'] == 0.25 and seen == [((20, 32, 32, 3),) * 2]
  # Twice and three times the same points: as far apart as the points are wide.
  width = np.arange(40.0).reshape(20, 2)
  width = np.linalg.norm(width - width.mean(0), axis=1).mean()
  assert found['lmd'] == pytest.approx(width)


def test_leakage_is_the_correlation_where_both_are_seen():
  wave = np.sin(np.arange(50) / 3)
  assert measures.leakage(2 * wave + 1, wave) == pytest.approx(1)
  assert measures.leakage(-wave, wave) == pytest.approx(-1)
  holes = np.where(np.arange(50) < 10, np.nan, wave)
  garbage = np.where(np.arange(50) < 10, 7.0, wave)
  assert measures.leakage(garbage, holes) == pytest.approx(1)
  assert measures.leakage(wave[:30], wave) == pytest.approx(1)
  assert measures.leakage(np.zeros(50), wave) is None
  assert measures.leakage(wave[:10], wave) is None


def test_silence_is_told_on_the_scale_of_the_source(write):
  path = write('truth.mp4', [texture()] * 20)
  theirs = 0.1 + 0.2 * (np.arange(20) % 2)
  source = source_of(path, 20, theirs)
  found = measures.silent(np.full(20, 0.1), source)
  assert found['silence_opening'] == pytest.approx(0)
  assert found['silence_motion'] == pytest.approx(0)
  assert found['silence_leakage'] is None
  found = measures.silent((theirs + 0.1) / 2, source)
  assert found['silence_opening'] == pytest.approx(0.25)
  assert found['silence_motion'] == pytest.approx(0.5)
  assert found['silence_leakage'] == pytest.approx(1)
  # Longer or shorter than the source, it moves no more and no less.
  for count in (16, 40):
    found = measures.silent((np.resize(theirs, count) + 0.1) / 2, source)
    assert found['silence_motion'] == pytest.approx(0.5, rel=0.2 * (count < 20))


def test_success_counts_frames_with_speech_alone():
  sound = np.zeros(640 * 50, np.int16)
  sound[640 * 10 : 640 * 30] = 8000 * np.sin(np.arange(640 * 20))
  passed = (
    tally.Range(0, 14, 0.0, 0.6, 'no face'),  # five frames of speech
    tally.Range(40, 49, 1.6, 2.0, 'no face'),
  )
  found = measures.success(passed, sound)
  assert found == {'speech_frames': 20, 'success': 0.75}
  quiet = measures.success(passed, np.zeros(6400, np.int16))
  assert quiet == {'speech_frames': 0, 'success': None}


def test_a_video_without_a_face_has_no_features(write):
  clip = clip_of(write, [texture()] * 20, [texture()] * 10)
  judges = judges_lib.Judges(inception=lambda frames: np.zeros((0, 8)))
  with pytest.raises(ValueError, match='no face for 0.6 s'):
    measures.features(clip, judges, area='face')


def test_features_are_of_face_squares_or_of_whole_frames(write):
  pictures = [texture()] * 20
  seen = []

  def inception(frames):
    seen.append(frames.shape)
    return np.zeros((len(frames), 8), np.float32)

  judges = judges_lib.Judges(inception=inception)
  clip = clip_of(write, pictures, pictures)
  assert measures.features(clip, judges, area='face').shape == (20, 8)
  assert measures.features(clip, judges, area='frame').shape == (20, 8)
  assert {shape[1:] for shape in seen} == {(32, 32, 3), (48, 64, 3)}
