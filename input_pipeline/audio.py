"""Waveform to the log-mel spectrogram every network of the family hears.

The numbers are those of Wav2Lip's `hparams.py` and `audio.py`; librosa's STFT
is asked for 'reflect' padding by name because its default became 'constant' in
0.10, which changes the first and last two rows.
"""

import functools

import librosa
import numpy as np

SAMPLE_RATE = 16_000
HOP = 200  # samples: 12.5 ms
ROWS_PER_SECOND = SAMPLE_RATE // HOP
NUM_MELS = 80
SILENCE = -4.0  # what digital silence maps to: the bottom of the range

_N_FFT = 800  # 50 ms, also the window
_PREEMPHASIS = 0.97
_FLOOR = 1e-5  # -100 dB
_REFERENCE_DB = 20.0
_RANGE_DB = 100.0
_MAX_ABS = 4.0


def mel_spectrogram(waveform: np.ndarray) -> np.ndarray:
  """Log-mel spectrogram, time first.

  Args:
    waveform: [n] float, -1..1, 16 kHz mono.

  Returns:
    [1 + n // 200, 80] float32 in -4..4; row r is centred on sample 200 r. One
    unit is 12.5 dB.

  Raises:
    ValueError: the waveform is not one-dimensional, is empty or not finite.
  """
  waveform = np.asarray(waveform, np.float32)
  if waveform.ndim != 1 or not waveform.size:
    raise ValueError(f'Expected samples [n], got shape {waveform.shape}.')
  if not np.isfinite(waveform).all():
    raise ValueError('The waveform holds NaN or infinite samples.')
  emphasised = waveform.copy()
  emphasised[1:] -= _PREEMPHASIS * waveform[:-1]
  # librosa wants at least one window of samples.
  missing = max(0, _N_FFT - len(emphasised))
  spectrum = librosa.stft(
    np.pad(emphasised, (0, missing)),
    n_fft=_N_FFT,
    hop_length=HOP,
    window='hann',
    center=True,
    pad_mode='reflect',
  )
  mel = _filterbank() @ np.abs(spectrum[:, : 1 + len(waveform) // HOP])
  decibels = 20 * np.log10(np.maximum(mel, _FLOOR)) - _REFERENCE_DB
  scaled = 2 * _MAX_ABS * (decibels + _RANGE_DB) / _RANGE_DB - _MAX_ABS
  return np.clip(scaled, -_MAX_ABS, _MAX_ABS).T.astype(np.float32)


@functools.cache
def _filterbank() -> np.ndarray:
  """[80, 401] Slaney mel filters, 55 to 7600 Hz."""
  return librosa.filters.mel(
    sr=SAMPLE_RATE, n_fft=_N_FFT, n_mels=NUM_MELS, fmin=55, fmax=7600
  )
