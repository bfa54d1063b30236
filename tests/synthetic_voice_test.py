"""The synthetic voice: speech-like, and in step with the lips."""

import numpy as np
import pytest

from input_pipeline import (
  audio,
  synthetic,
  synthetic_phonemes,
  synthetic_speech,
  synthetic_voice,
)

VOICE = synthetic_voice.Voice(pitch=120.0)


def say(symbols, seconds=0.15):
  """Tracks and sound of phonemes of equal length, and their middle times."""
  phonemes = [
    synthetic_speech.Timed(symbol, k * seconds, (k + 1) * seconds)
    for k, symbol in enumerate(symbols)
  ]
  count = round(len(symbols) * seconds * synthetic_speech.CONTROL_RATE)
  tracks = synthetic_speech.articulate(phonemes, count)
  sound = synthetic_voice.synthesize(tracks, VOICE, np.random.default_rng(0))
  middles = (np.arange(len(symbols)) + 0.5) * seconds
  return tracks, sound, middles


def talk(index, seed, seconds=3.0):
  """Mouth [75, 3] at frame centres and sound [48000], without drawing."""
  voice = synthetic.person(index).voice
  rng = np.random.default_rng([index, seed])
  phonemes = synthetic_speech.utterance(rng, seconds, rate=voice.rate)
  count = round(seconds * synthetic_speech.CONTROL_RATE)
  tracks = synthetic_speech.articulate(phonemes, count)
  return tracks.mouth[5::10], synthetic_voice.synthesize(tracks, voice, rng)


def level(sound, middle, half=0.02):
  rate = audio.SAMPLE_RATE
  piece = sound[int((middle - half) * rate) : int((middle + half) * rate)]
  return 20 * np.log10(np.sqrt(np.mean(piece**2)) + 1e-9)


@pytest.mark.parametrize('symbol', 'pbm')
def test_lips_close_for_bilabials_whatever_is_around_them(symbol):
  tracks, _, middles = say(f'a{symbol}a', seconds=0.12)
  opening = tracks.mouth[:, 0]
  at = np.round(middles * synthetic_speech.CONTROL_RATE).astype(int)
  assert opening[at[1]] < 0.05
  assert opening[at[0]] > 0.6 and opening[at[2]] > 0.6


def test_neighbours_colour_a_consonant_that_does_not_mind():
  def width_of_k(symbols):
    tracks, _, _ = say(symbols, seconds=0.08)
    return tracks.mouth[len(tracks.mouth) // 2, 1]

  assert width_of_k('iki') > width_of_k('uku') + 0.3


def test_every_phoneme_is_within_its_ranges():
  assert len(synthetic_phonemes.TABLE) >= 20
  for phoneme in synthetic_phonemes.TABLE.values():
    assert phoneme.f1 < phoneme.f2 < phoneme.f3 < 4000
    for value in (phoneme.opening, phoneme.spread, phoneme.rounding):
      assert 0 <= value <= 1
    assert 0 < phoneme.shortest < phoneme.longest


def test_a_closure_is_silent_and_its_release_is_not():
  _, sound, middles = say('apa')
  closure, vowel = level(sound, middles[1] - 0.01), level(sound, middles[0])
  assert closure < vowel - 25
  assert level(sound, middles[1] + 0.06) > closure + 10


def test_vowels_have_their_formants():
  # Energy around the first formant: 730 Hz for /a/, 280 Hz for /i/.
  def strongest(symbol):
    _, sound, _ = say(symbol * 2, seconds=0.3)
    spectrum = np.abs(np.fft.rfft(sound[1600:8000] * np.hanning(6400)))
    spectrum = np.convolve(spectrum, np.ones(60), 'same')  # over harmonics
    return np.fft.rfftfreq(6400, 1 / 16000)[spectrum.argmax()]

  assert 500 < strongest('a') < 1300
  assert strongest('i') < 450


def test_frication_is_high_and_vowels_are_low():
  def share_above_4_khz(symbol):
    _, sound, _ = say(symbol * 2, seconds=0.3)
    power = np.abs(np.fft.rfft(sound[1600:8000])) ** 2
    return power[1600:].sum() / power.sum()

  assert share_above_4_khz('s') > 0.8
  assert share_above_4_khz('a') < 0.05


def test_speech_never_repeats_itself():
  mouths = [talk(index, 0)[0][:, 0] for index in range(6)]
  for mouth in mouths:
    mouth = (mouth - mouth.mean()) / mouth.std()
    for lag in range(8, 50):
      assert np.mean(mouth[lag:] * mouth[:-lag]) < 0.75


def test_loudness_follows_the_opening_without_delay():
  lags = range(-8, 9)
  curves = []
  for index in range(16):
    mouth, sound = talk(index, 1)
    power = np.mean(sound.reshape(75, 640) ** 2, axis=1)
    loudness = np.log(power + 1e-6)
    curves.append(
      [
        np.corrcoef(np.roll(loudness, lag)[8:-8], mouth[8:-8, 0])[0, 1]
        for lag in lags
      ]
    )
  mean = np.mean(curves, axis=0)
  assert lags[mean.argmax()] == 0
  assert mean.max() > 0.5


def test_the_lips_of_strangers_can_be_read_from_the_mel():
  def examples(people):
    for index in people:
      mouth, sound = talk(index, 2)
      mel = audio.mel_spectrogram(sound)
      # 3.2 rows a frame; three rows of context on either side.
      rows = np.round(3.2 * (np.arange(75) + 0.5)).astype(int)
      rows = np.clip(rows[:, None] + np.arange(-3, 4), 0, len(mel) - 1)
      yield mel[rows].reshape(75, -1), mouth[:, 0]

  x, y = map(np.concatenate, zip(*examples(range(16)), strict=True))
  mean, deviation = x.mean(0), x.std(0) + 1e-3
  x = (x - mean) / deviation
  weights = np.linalg.solve(
    x.T @ x + 300 * np.eye(x.shape[1]), x.T @ (y - y.mean())
  )
  agreement = [
    np.corrcoef((x - mean) / deviation @ weights, y)[0, 1]
    for x, y in examples(range(40, 48))
  ]
  assert np.mean(agreement) > 0.7
