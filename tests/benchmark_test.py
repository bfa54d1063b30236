"""The yardstick of tools.benchmark makes what Wav2Lip's code makes."""

import cv2
import numpy as np
import pytest
import soundfile

from input_pipeline import alignment, audio
from tools import benchmark, benchmark_reference, benchmark_table


@pytest.fixture
def folder(tmp_path):
  """Frame k is grey level 3 k; one second of noise at 16 kHz."""
  for k in range(25):
    picture = np.full((40, 32, 3), 3 * k, np.uint8)
    cv2.imwrite(f'{tmp_path / f"{k}.jpg"}', picture)
  noise = np.random.default_rng(0).normal(0, 0.1, 16000)
  soundfile.write(tmp_path / 'audio.wav', noise, 16000)
  return tmp_path


# librosa 0.11 still imports modules that Python 3.13 drops (audioread).
@pytest.mark.filterwarnings(
  'ignore:.*is deprecated and slated:DeprecationWarning'
)
def test_the_references_examples(folder):
  dataset = benchmark_reference.Dataset([folder], resampler='soxr_hq', seed=0)
  batch = dataset.batch(4)
  assert batch['x'].shape == (4, 6, 5, 96, 96)
  assert batch['y'].shape == (4, 3, 5, 96, 96)
  assert batch['indiv_mels'].shape == (4, 5, 1, 80, 16)
  assert {a.dtype for a in batch.values()} == {np.dtype(np.float32)}
  assert (batch['x'][:, :3, :, 48:] == 0).all()
  np.testing.assert_array_equal(
    batch['x'][:, :3, :, :48], batch['y'][:, :, :, :48]
  )
  starts = np.rint(batch['y'][:, 0, 0, 0, 0] * 85).astype(int)
  sound, _ = soundfile.read(folder / 'audio.wav', dtype='float32')
  mel = audio.mel_spectrogram(sound)
  for start, window in zip(starts, batch['mel'], strict=True):
    # Ours mirrors the sound at its ends, librosa of today does not.
    ours = alignment.window(mel, alignment.window_start(start))
    np.testing.assert_allclose(window[0], ours[..., 0], atol=1e-3)


def test_tables():
  assert benchmark_table.spread([1.0, 30.0, 2.0]) == '2.00 (1.00-30.0)'
  assert benchmark_table.number(12345.6) == '12346'
  assert benchmark_table.table([{'a': '1', 'b': '2'}]) == (
    '| a | b |\n| --- | --- |\n| 1 | 2 |'
  )


def test_commands():
  options = benchmark.parse(['data', '--seconds', '3', '10'])
  assert (options.what, options.seconds) == ('data', [3, 10])
  with pytest.raises(SystemExit):
    benchmark.parse(['fly'])
