import librosa
import numpy as np
import pytest

from input_pipeline import audio


def test_silence_is_the_bottom_of_the_range():
  assert (audio.mel_spectrogram(np.zeros(3200)) == audio.SILENCE).all()


@pytest.mark.parametrize('samples', [1, 199, 200, 399, 400, 3200, 32_000])
def test_number_of_rows(samples):
  shape = audio.mel_spectrogram(np.zeros(samples)).shape
  assert shape == (1 + samples // audio.HOP, audio.NUM_MELS)


def test_int16_and_back():
  samples = np.array([-(2**15), -1, 0, 1, 2**15 - 1], np.int16)
  np.testing.assert_array_equal(
    audio.to_int16(audio.to_float(samples)), samples
  )
  found = audio.to_int16(np.array([1.0, 7.0, -np.inf, np.nan], np.float32))
  np.testing.assert_array_equal(found, [2**15 - 1, 2**15 - 1, -(2**15), 0])


@pytest.mark.parametrize(
  'samples, silent',
  [([], True), ([0, 32, -32], True), ([0, -33], False), ([-(2**15)], False)],
)
def test_silence_is_told_from_sound(samples, silent):
  assert audio.is_silent(np.array(samples, np.int16)) == silent


def test_a_tone_shows_in_its_band_and_at_its_time():
  time = np.arange(16_000) / audio.SAMPLE_RATE
  tone = np.where(time > 0.5, 0.5 * np.sin(2 * np.pi * 1000 * time), 0)
  mel = audio.mel_spectrogram(tone)
  loud = mel.max(axis=1) > 0
  assert abs(np.argmax(loud) - 0.5 * audio.ROWS_PER_SECOND) <= 2
  # 1 kHz is 15 mel (Slaney); 55..7600 Hz spans 0.825..44.5 in 82 edges.
  assert abs(mel[60].argmax() - (15 - 0.825) / (44.5 - 0.825) * 81 + 1) <= 1


def test_not_finite_samples_are_refused():
  with pytest.raises(ValueError, match='NaN'):
    audio.mel_spectrogram(np.array([0.0, np.nan]))


def test_stereo_is_refused():
  with pytest.raises(ValueError, match='shape'):
    audio.mel_spectrogram(np.zeros((2, 100)))


def test_filters_are_librosas():
  expected = librosa.filters.mel(
    sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600
  )
  np.testing.assert_allclose(audio.mel_filters(), expected, atol=1e-7)


def test_spectrogram_is_librosas(rng):
  waveform = rng.normal(scale=0.1, size=20_000).astype(np.float32)
  emphasised = np.append(waveform[:1], waveform[1:] - 0.97 * waveform[:-1])
  spectrum = librosa.stft(
    emphasised, n_fft=800, hop_length=200, pad_mode='reflect'
  )
  mel = audio.mel_filters() @ np.abs(spectrum)
  expected = 8 * (20 * np.log10(np.maximum(1e-5, mel)) + 80) / 100 - 4
  np.testing.assert_allclose(
    audio.mel_spectrogram(waveform), expected.T.clip(-4, 4), atol=1e-4
  )
