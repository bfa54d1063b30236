"""Waveform to the log-mel spectrogram every network of the family hears.

The numbers are those of Wav2Lip's `hparams.py` and `audio.py`, which computed
it with librosa 0.7: centred frames over 'reflect' padding. (librosa's default
became 'constant' in 0.10, which changes the first and last two rows.) Written
out here because importing librosa takes a worker process four seconds; the
tests hold it to librosa.
"""

import functools

import numpy as np

SAMPLE_RATE = 16_000
HOP = 200  # samples: 12.5 ms
ROWS_PER_SECOND = SAMPLE_RATE // HOP
NUM_MELS = 80
SILENCE = -4.0  # what digital silence maps to: the bottom of the range

_N_FFT = 800  # 50 ms, also the window
_PREEMPHASIS = 0.97
_LOWEST, _HIGHEST = 55.0, 7600.0  # Hz
_FLOOR = 1e-5  # -100 dB
_REFERENCE_DB = 20.0
_RANGE_DB = 100.0
_MAX_ABS = 4.0

_FULL_SCALE = 2**15  # of int16
_HEARD = 33  # 1e-3 of it, -60 dB: nobody is heard below


def to_int16(waveform: np.ndarray) -> np.ndarray:
  """Samples in -1..1 as they are stored (a 16-bit file's exactly); NaN is 0."""
  scaled = np.rint(np.nan_to_num(np.clip(waveform, -1, 1)) * _FULL_SCALE)
  return scaled.clip(max=_FULL_SCALE - 1).astype(np.int16)


def to_float(samples: np.ndarray) -> np.ndarray:
  """int16 -> float32 in -1..1."""
  return samples.astype(np.float32) / _FULL_SCALE


def is_silent(samples: np.ndarray) -> bool:
  """Whether int16 [n] is empty or nowhere above -60 dB of full scale."""
  if not samples.size:
    return True
  # Not `abs`, which has no int16 for -32768.
  return max(int(samples.max()), -int(samples.min())) < _HEARD


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
  # Reflection needs more samples than half a window.
  missing = max(0, _N_FFT // 2 + 1 - len(waveform))
  padded = np.pad(np.pad(emphasised, (0, missing)), _N_FFT // 2, 'reflect')
  frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::HOP]
  magnitude = np.abs(np.fft.rfft(frames[: 1 + len(waveform) // HOP] * _hann()))
  mel = magnitude.astype(np.float32) @ mel_filters().T
  decibels = 20 * np.log10(np.maximum(mel, _FLOOR)) - _REFERENCE_DB
  scaled = 2 * _MAX_ABS * (decibels + _RANGE_DB) / _RANGE_DB - _MAX_ABS
  return np.clip(scaled, -_MAX_ABS, _MAX_ABS).astype(np.float32)


@functools.cache
def _hann() -> np.ndarray:
  """[800] the periodic Hann window."""
  return np.hanning(_N_FFT + 1)[:-1].astype(np.float32)


@functools.cache
def mel_filters() -> np.ndarray:
  """[80, 401] triangles of unit area between 55 and 7600 Hz.

  Evenly spaced on Slaney's mel scale (Auditory Toolbox, 1998): linear, 3 mel
  per 200 Hz, up to 1 kHz; above that 27 mel per factor of 6.4.
  """
  step = np.log(6.4) / 27
  knee = 15.0  # mel, at 1 kHz

  def to_mel(hertz):
    low = 3 * hertz / 200
    return np.where(
      hertz < 1000, low, knee + np.log(np.maximum(hertz, 1000) / 1000) / step
    )

  def to_hertz(mel):
    high = 1000 * np.exp(step * (mel - knee))
    return np.where(mel < knee, 200 * mel / 3, high)

  low, high = to_mel(np.array([_LOWEST, _HIGHEST]))
  edges = to_hertz(np.linspace(low, high, NUM_MELS + 2))
  bins = np.arange(_N_FFT // 2 + 1) * SAMPLE_RATE / _N_FFT
  left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
  rising = (bins - left) / (centre - left)
  falling = (right - bins) / (right - centre)
  triangles = np.maximum(0, np.minimum(rising, falling))
  return (triangles * 2 / (right - left)).astype(np.float32)
