"""Speech-like sound from articulation tracks: source and filter.

A glottal pulse train (per-person pitch, contour, jitter, shimmer, breath)
passes resonators at the formants; noise in a band makes frication and bursts.
The filters move with the tracks: each 16 ms window of the source is multiplied
by the filter's response at that moment and overlap-added, which is the same as
a time-varying filter, without a loop over samples and without clicks.
"""

import dataclasses

import numpy as np
import scipy.fft

from input_pipeline import audio, synthetic_speech

_HOP = audio.SAMPLE_RATE // synthetic_speech.CONTROL_RATE  # 64 samples
_WINDOW = 4 * _HOP
# Room around the window for the filters' ringing: 12 ms before (frication is
# zero-phase), 36 ms after (60 Hz wide resonators decay by 1/e in 5 ms).
_BEFORE = 3 * _HOP
_FFT = 1024
_BANDWIDTHS = (70.0, 95.0, 140.0, 220.0, 300.0)
_HIGH_FORMANTS = (3500.0, 4600.0)  # F4, F5: fixed, they carry the person


@dataclasses.dataclass(frozen=True)
class Voice:
  """pitch in Hz; formant_scale 1 is a grown man, 1.2 a child; rate 1 normal;
  breath 0..0.3; liveliness: pitch excursion in octaves; loudness: rms."""

  pitch: float
  formant_scale: float = 1.0
  rate: float = 1.0
  breath: float = 0.1
  liveliness: float = 0.2
  loudness: float = 0.08


def synthesize(
  tracks: synthetic_speech.Tracks, voice: Voice, rng: np.random.Generator
) -> np.ndarray:
  """[n] controls -> [64 n] float32 samples at 16 kHz, within -1..1."""
  num_samples = len(tracks.voice) * _HOP
  breath = rng.standard_normal(num_samples).astype(np.float32)
  pulses = _glottal_source(num_samples, voice, rng)
  pulses += 0.3 * voice.breath * breath
  frequencies = np.fft.rfftfreq(_FFT, 1 / audio.SAMPLE_RATE)
  tract = _resonances(tracks.formants * voice.formant_scale, frequencies)
  centre, width = tracks.band.T[..., None]
  frequencies = frequencies.astype(np.float32)
  frication = np.exp(-0.5 * ((frequencies - centre) / width) ** 2)
  spectrum = _windows(pulses) * (tract * tracks.voice[:, None])
  spectrum += _windows(breath) * (frication * tracks.noise[:, None])
  sound = _overlap_add(scipy.fft.irfft(spectrum, _FFT))[:num_samples]
  active = sound[np.abs(sound) > 0.02 * np.abs(sound).max()]
  sound *= voice.loudness / max(np.sqrt(np.mean(active**2)), 1e-9)
  room = 10 ** rng.uniform(-4, -3.3) * rng.standard_normal(num_samples)
  return np.clip(sound + room, -1, 1).astype(np.float32)


def _glottal_source(
  num_samples: int, voice: Voice, rng: np.random.Generator
) -> np.ndarray:
  """Derivative of a Rosenberg-like pulse: slow opening, abrupt closing."""
  seconds = num_samples / audio.SAMPLE_RATE
  knots = np.linspace(0, seconds, max(2, round(4 * seconds)))
  bend = voice.liveliness * rng.standard_normal(len(knots)).clip(-1.5, 1.5)
  times = np.arange(num_samples) / audio.SAMPLE_RATE
  octaves = np.interp(times, knots, bend)
  # Jitter and shimmer change about once per pulse.
  pulses = np.arange(0, seconds + 0.01, 1 / voice.pitch)
  octaves += np.interp(times, pulses, 0.012 * rng.standard_normal(len(pulses)))
  shimmer = 1 + 0.06 * rng.standard_normal(len(pulses))
  phase = np.cumsum(voice.pitch * 2**octaves) / audio.SAMPLE_RATE % 1
  opening = np.sin(np.pi * phase / 0.6) * (phase < 0.6)
  closing = np.exp(-(((phase - 0.6) / 0.035) ** 2))
  return (0.35 * opening - closing) * np.interp(times, pulses, shimmer)


def _resonances(formants: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
  """[n, 3] Hz -> complex [n, f]: cascaded two-pole resonators, gain 1 at 0."""
  scale = (formants[:, 2:] / 2450) ** 0.3
  high = np.asarray(_HIGH_FORMANTS) * scale
  delay = np.exp(-2j * np.pi * frequencies / audio.SAMPLE_RATE)
  delay = delay.astype(np.complex64)
  response = 1
  for formant, width in zip(
    np.concatenate([formants, high], 1).T, _BANDWIDTHS, strict=True
  ):
    radius = np.exp(-np.pi * width / audio.SAMPLE_RATE)
    angle = 2 * np.pi * np.minimum(formant, 7000) / audio.SAMPLE_RATE
    linear = (2 * radius * np.cos(angle)).astype(np.float32)[:, None]
    square = np.float32(radius**2)
    gain = 1 - linear + square
    response = response * (gain / (1 - linear * delay + square * delay**2))
  return response


def _windows(signal: np.ndarray) -> np.ndarray:
  """[64 n] -> complex [n, f]: window k is centred on sample 64 k."""
  padded = np.pad(signal, _WINDOW // 2).astype(np.float32)
  frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
  window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
  frames = frames[: len(signal) // _HOP] * window
  frames = np.pad(frames, ((0, 0), (_BEFORE, _FFT - _WINDOW - _BEFORE)))
  return scipy.fft.rfft(frames)  # complex64, unlike NumPy's


def _overlap_add(frames: np.ndarray) -> np.ndarray:
  """[n, 1024] -> [64 n] samples, undoing `_windows`' shift and overlap."""
  num_frames, length = frames.shape
  blocks = length // _HOP
  total = np.zeros((num_frames + blocks, _HOP), np.float32)
  for block in range(blocks):
    total[block : block + num_frames] += frames[
      :, block * _HOP : (block + 1) * _HOP
    ]
  start = _BEFORE + _WINDOW // 2
  return total.ravel()[start:] / 2  # four Hann windows overlap: they sum to 2
