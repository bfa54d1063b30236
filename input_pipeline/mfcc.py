"""Waveform to mel-frequency cepstral coefficients, what SyncNet hears.

The numbers are those of `python_speech_features.mfcc` 0.6 (James Lyons) with
its defaults, which the published SyncNet was trained on. Written out in numpy
because that package has had no release since 2017.

Three traps. The samples are those of an int16 file, -32768..32767: scaled by k,
c0 moves by 2 ln k and the networks never saw it there. The MFCC is the whole
clip's, then cut into windows: pre-emphasis reaches one sample back, so a window
cut out of the waveform first has another first row. And N frames of video have
4 N - 1 rows, so that five frames (20 rows) fit N - 5 times only.
"""

import dataclasses
import functools

import numpy as np

SAMPLE_RATE = 16_000
WINDOW = 400  # samples: 25 ms
HOP = 160  # samples: 10 ms
ROWS_PER_SECOND = SAMPLE_RATE // HOP

_N_FFT = 512
_PREEMPHASIS = 0.97
_COEFFICIENTS = 13
_LIFTER = 22
_FLOOR = np.finfo(np.float64).eps  # in place of a zero: its log is -36.04


@dataclasses.dataclass(frozen=True)
class Settings:
  """Where the networks' MFCC differ.

  Attributes:
    num_filters: triangles of the mel filter bank.
    lowest, highest: its ends in Hz.
    energy: c0 is the log energy of the frame; else there is no c0, and a row
      has 12 coefficients.
    hamming: frames are weighted by a Hamming window; else not at all.
    power: filters sum the power spectrum (over 512); else the magnitudes.
  """

  num_filters: int
  lowest: float
  highest: float
  energy: bool
  hamming: bool = False
  power: bool = True

  @property
  def size(self) -> int:
    """Coefficients of a row."""
    return _COEFFICIENTS if self.energy else _COEFFICIENTS - 1


# syncnet_python's SyncNetInstance.py: the library's defaults.
SYNCNET = Settings(26, 0.0, 8000.0, energy=True)
# you_said_that, the Python version of Speech2Vid: 35 rows of it are 0.35 s.
SPEECH2VID = Settings(40, 300.0, 3700.0, energy=False)
# LipGAN's MATLAB script. Its filters have corners between the bins, these on
# them; all else is its own.
LIPGAN = Settings(40, 300.0, 3700.0, energy=False, hamming=True, power=False)


def num_rows(num_samples: int) -> int:
  """Rows of a clip's MFCC; the last frames are filled up with zeros."""
  return 1 + max(0, -(-(num_samples - WINDOW) // HOP))


def mfcc(samples: np.ndarray, *, settings: Settings = SYNCNET) -> np.ndarray:
  """MFCC of a whole clip, time first.

  Args:
    samples: [n] int16, or float of that scale (-32768..32767), 16 kHz mono.
    settings: which network's.

  Returns:
    [num_rows(n), settings.size] float32; row r begins at sample 160 r.

  Raises:
    ValueError: the samples are not one-dimensional, none, or not finite.
  """
  return mfcc_rows(samples, 0, num_rows(len(samples)), settings=settings)


def mfcc_rows(
  samples: np.ndarray,
  first: int,
  last: int,
  *,
  begin: int = 0,
  settings: Settings = SYNCNET,
) -> np.ndarray:
  """Rows first..last-1 of the whole clip's MFCC, from a piece of the clip.

  What is not in the piece counts as outside the clip, so give all that the
  rows need and the clip has: samples 160 first - 1 (pre-emphasis reaches one
  back) to 160 last + 239. Rows may lie outside the clip; there is silence. Do
  not append zeros where the clip ends: pre-emphasis would hear the edge.

  Args:
    samples: [m], as for `mfcc`: the clip from sample `begin` on.
    first, last: rows of the clip; may be negative.
    begin: where in the clip the piece begins.
    settings: which network's.

  Returns:
    [last - first, settings.size] float32.

  Raises:
    ValueError: as `mfcc`.
  """
  samples = np.asarray(samples, np.float64)
  if samples.ndim != 1 or not samples.size:
    raise ValueError(f'Expected samples [n], got shape {samples.shape}.')
  if not np.isfinite(samples).all():
    raise ValueError('The samples hold NaN or infinite values.')
  count = last - first
  if count <= 0:
    return np.zeros((0, settings.size), np.float32)
  emphasised = samples.copy()
  emphasised[1:] -= _PREEMPHASIS * samples[:-1]
  span = np.zeros((count - 1) * HOP + WINDOW)
  shift = begin - first * HOP  # of the piece's first sample in the span
  low, high = max(0, shift), min(len(span), shift + len(samples))
  if low < high:
    span[low:high] = emphasised[low - shift : high - shift]
  frames = np.lib.stride_tricks.sliding_window_view(span, WINDOW)[::HOP]
  return _cepstra(frames, settings).astype(np.float32)


def _cepstra(frames: np.ndarray, settings: Settings) -> np.ndarray:
  """[n, 400] pre-emphasised samples -> [n, settings.size]."""
  if settings.hamming:
    frames = frames * np.hamming(WINDOW)
  spectrum = np.abs(np.fft.rfft(frames, _N_FFT))
  if settings.power:
    spectrum = spectrum**2 / _N_FFT
  cepstra = _log(spectrum @ mel_filters(settings).T) @ _cosines(settings).T
  if not settings.energy:
    return cepstra[:, 1:]
  cepstra[:, 0] = _log(spectrum.sum(1))
  return cepstra


def _log(x: np.ndarray) -> np.ndarray:
  return np.log(np.where(x == 0, _FLOOR, x))


@functools.cache
def mel_filters(settings: Settings) -> np.ndarray:
  """[num_filters, 257] triangles of height one, corners on spectrum bins.

  Evenly spaced in mel = 2595 log10(1 + Hz / 700) before the corners are moved
  down to bins of a spectrum one longer than it is, as the original does.
  """
  low, high = 2595 * np.log10(
    1 + np.array([settings.lowest, settings.highest]) / 700
  )
  mel = np.linspace(low, high, settings.num_filters + 2)
  hertz = 700 * (10 ** (mel / 2595) - 1)
  corners = np.floor((_N_FFT + 1) * hertz / SAMPLE_RATE)
  left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:]
  bins = np.arange(_N_FFT // 2 + 1)
  rising = (bins - left) / (centre - left)
  falling = (right[:, None] - bins) / (right[:, None] - centre)
  return np.maximum(0, np.minimum(rising, falling))


@functools.cache
def _cosines(settings: Settings) -> np.ndarray:
  """[13, num_filters] the orthonormal DCT-II, liftered."""
  n, m = np.arange(_COEFFICIENTS)[:, None], np.arange(settings.num_filters)
  cosines = np.cos(np.pi * n * (m + 0.5) / settings.num_filters)
  cosines *= np.sqrt(np.where(n, 2, 1) / settings.num_filters)
  return cosines * (1 + _LIFTER / 2 * np.sin(np.pi * n / _LIFTER))
