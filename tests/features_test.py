"""Sound in pieces: resampled and turned into rows as the whole would be."""

import fractions

import numpy as np
import pytest

from input_pipeline import alignment, audio, media, mfcc, sounds
from lipsync_jax.inference import features
from tests import videos


def noise(samples):
  return np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype('f4')


def pieces(samples, sizes):
  """Cut into pieces whose lengths take turns."""
  at = 0
  while at < len(samples):
    for size in sizes:
      yield samples[at : at + size]
      at += size


def whole(samples, sound):
  if sound in sounds.MFCC:
    return mfcc.mfcc(32768 * samples, settings=sounds.MFCC[sound])
  return audio.mel_spectrogram(samples)


@pytest.mark.parametrize('sound', alignment.SOUNDS)
@pytest.mark.parametrize('sizes', [(441,), (1, 997, 37, 0, 5000)])
@pytest.mark.parametrize('length', [1, 300, 401, 640, 48_123])
def test_rows_are_those_of_the_whole(sound, sizes, length):
  samples = noise(length)
  made = features.Features(sound)
  rows = [made.push(piece) for piece in pieces(samples, sizes)]
  rows = np.concatenate([*rows, made.finish()])
  expected = whole(samples, sound)
  assert rows.shape == expected.shape
  np.testing.assert_allclose(rows, expected, atol=1e-4)


@pytest.mark.parametrize('reference', [False, True])
@pytest.mark.parametrize('sound', alignment.SOUNDS)
def test_no_window_needs_more_than_the_look_ahead(sound, reference):
  middle = fractions.Fraction(1, 2)
  ahead = features.look_ahead(sound, reference_alignment=reference)
  start = alignment.time_start(middle, sound, reference_alignment=reference)
  last = start + alignment.SOUNDS[sound].rows
  known = int((middle + ahead) * 16_000)
  assert len(features.Features(sound).push(noise(known))) >= last
  # A window begins on a whole row, so up to one row earlier.
  known -= 16_000 // alignment.SOUNDS[sound].rate + 1
  assert len(features.Features(sound).push(noise(known))) < last


def test_no_sound_has_no_rows():
  made = features.Features()
  assert made.push(np.zeros(0, np.float32)).shape == (0, 80)
  assert made.finish().shape == (0, 80)


@pytest.mark.parametrize('rate', [8_000, 11_025, 16_000, 44_100, 96_000])
@pytest.mark.parametrize('sizes', [(441,), (1, 997, 37, 5000)])
def test_resampled_pieces_are_those_of_a_file(tmp_path, rate, sizes):
  path = videos.write_wav(tmp_path / 'a.wav', noise(rate + 13), rate)
  samples = media.read_audio(path, sample_rate=rate)
  resampler = media.Resampler(rate)
  made = [resampler.push(piece) for piece in pieces(samples, sizes)]
  behind = len(samples) / rate - sum(map(len, made)) / 16_000
  made = np.concatenate([*made, resampler.finish()])
  np.testing.assert_array_equal(made, media.read_audio(path))
  assert 0 <= behind < 3e-3
