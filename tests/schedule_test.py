"""Frames, their order, and the mel windows that belong to them."""

import fractions

import numpy as np
import pytest

from input_pipeline import alignment, audio, media
from lipsync_jax.inference import schedule, speech
from tests import videos

NTSC = fractions.Fraction(30000, 1001)


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
