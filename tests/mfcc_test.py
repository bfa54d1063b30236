import numpy as np
import pytest
import scipy.fft

from input_pipeline import mfcc
from tests import parity

ALL = pytest.mark.parametrize(
  'settings', [mfcc.SYNCNET, mfcc.SPEECH2VID, mfcc.LIPGAN]
)


@pytest.fixture(scope='module')
def speech():
  return parity.outputs()['wav_int16']


def test_mfcc_is_python_speech_features(speech):
  # atol: a coefficient may be zero.
  np.testing.assert_allclose(
    mfcc.mfcc(speech), parity.mfcc().T, rtol=1e-6, atol=1e-6
  )


@ALL
def test_a_frame_is_the_definition_written_out(rng, settings):
  samples = rng.normal(scale=1000, size=400)
  frame = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
  if settings.hamming:
    frame *= 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 399)
  spectrum = np.abs(np.fft.fft(frame, 512)[:257])
  spectrum = spectrum**2 / 512 if settings.power else spectrum
  edges = np.array([settings.lowest, settings.highest])
  low, high = 2595 * np.log10(1 + edges / 700)
  heard = []
  for j in range(settings.num_filters):
    corners = [
      int(513 / 16_000 * 700 * (10 ** (mel / 2595) - 1))
      for mel in low
      + (high - low) * np.arange(j, j + 3) / (settings.num_filters + 1)
    ]
    weights = np.interp(np.arange(257), corners, [0, 1, 0])
    heard.append(weights @ spectrum)
  cepstra = scipy.fft.dct(np.log(heard), norm='ortho')[:13]
  cepstra *= 1 + 11 * np.sin(np.pi * np.arange(13) / 22)
  if settings.energy:
    cepstra[0] = np.log(spectrum.sum())
  expected = cepstra if settings.energy else cepstra[1:]
  np.testing.assert_allclose(
    mfcc.mfcc(samples, settings=settings), expected[None], rtol=1e-5, atol=1e-5
  )


@ALL
def test_silence_has_an_energy_and_nothing_else(settings):
  rows = mfcc.mfcc(np.zeros(3200), settings=settings)
  # log of float64's epsilon.
  energy = [-36.0437] if settings.energy else []
  expected = np.array([energy + [0] * 12] * 19)
  np.testing.assert_allclose(rows, expected, atol=1e-4)


@pytest.mark.parametrize(
  ('samples', 'rows'),
  [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (640 * 20, 4 * 20 - 1)],
)
def test_number_of_rows(samples, rows):
  assert mfcc.num_rows(samples) == rows
  assert mfcc.mfcc(np.ones(samples)).shape == (rows, 13)


@ALL
def test_scale_moves_only_the_energy(speech, settings):
  # The trap: samples in -1..1 give other numbers, not an error.
  scaled = mfcc.mfcc(speech[8000:16_000] / 32768, settings=settings)
  whole = mfcc.mfcc(speech[8000:16_000], settings=settings)
  if settings.energy:
    moved = (whole - scaled)[:, 0]
    np.testing.assert_allclose(moved, 2 * np.log(32768), rtol=1e-4)
    whole, scaled = whole[:, 1:], scaled[:, 1:]
  np.testing.assert_allclose(whole, scaled, atol=1e-3)


@ALL
@pytest.mark.parametrize('first', [0, 1, 40, 279])
def test_rows_of_a_piece_are_those_of_the_clip(speech, settings, first):
  whole = mfcc.mfcc(speech, settings=settings)
  begin = max(0, 160 * first - 1)
  piece = speech[begin : 160 * (first + 20) + 240]
  rows = mfcc.mfcc_rows(
    piece, first, first + 20, begin=begin, settings=settings
  )
  np.testing.assert_allclose(rows, whole[first : first + 20], atol=1e-5)


def test_a_window_cut_first_differs_in_its_first_row(speech):
  whole = mfcc.mfcc(speech)[40:60]
  cut = mfcc.mfcc(speech[160 * 40 : 160 * 59 + 400])
  assert np.abs(cut[0] - whole[0]).max() > 0.01
  np.testing.assert_allclose(cut[1:], whole[1:], atol=1e-5)


def test_rows_outside_the_clip_are_silence(speech):
  clip = speech[8000:12_000]  # 24 rows
  rows = mfcc.mfcc_rows(clip, -10, 40)
  np.testing.assert_allclose(rows[10:34], mfcc.mfcc(clip), atol=1e-5)
  # Frames of 400 reach two rows further to the left.
  for outside in (rows[:8], rows[35:]):
    np.testing.assert_allclose(outside[:, 0], -36.0437, atol=1e-4)
  assert mfcc.mfcc_rows(clip, 3, 3).shape == (0, 13)
  np.testing.assert_array_equal(
    mfcc.mfcc_rows(clip, 1000, 1002), mfcc.mfcc(np.zeros(560))
  )


@pytest.mark.parametrize(
  ('samples', 'message'),
  [
    (np.zeros((2, 500)), 'shape'),
    (np.zeros(0), 'shape'),
    (np.array([0.0, np.nan]), 'NaN'),
  ],
)
def test_unusable_samples_are_refused(samples, message):
  with pytest.raises(ValueError, match=message):
    mfcc.mfcc(samples)
