"""What the synthetic talkers say: random utterances and their articulation.

An utterance is a list of timed phonemes. `articulate` turns it into smooth
tracks at 250 Hz, once, and both the voice and the face read those tracks: that
is why lips and sound agree. Coarticulation follows the idea of dominance
functions (Cohen and Massaro, "Modeling coarticulation in synthetic visual
speech", 1993): a track is the average of the targets around it, weighted by
nearness and by how much each phoneme insists.
"""

import dataclasses

import numpy as np
from scipy import ndimage

from input_pipeline import synthetic_phonemes

CONTROL_RATE = 250  # entries of a track per second: every 64 samples of 16 kHz

# Spread of a target in time, seconds. Formants move faster than jaws.
_LIP_SPREAD = 0.032
_FORMANT_SPREAD = 0.022
_LEVEL_SPREAD = 0.006


@dataclasses.dataclass(frozen=True)
class Timed:
  """One spoken phoneme: seconds from the start, and loudness (1 = normal)."""

  symbol: str
  start: float
  stop: float
  stress: float = 1.0


@dataclasses.dataclass(frozen=True)
class Tracks:
  """Articulation at `CONTROL_RATE`; entry k belongs to time k / 250 s.

  formants [n, 3] Hz; voice, noise [n] linear levels; band [n, 2] Hz; mouth
  [n, 3] opening, width, rounding, each 0..1. All float32.
  """

  formants: np.ndarray
  voice: np.ndarray
  noise: np.ndarray
  band: np.ndarray
  mouth: np.ndarray


def utterance(
  rng: np.random.Generator, seconds: float, *, rate: float = 1.0
) -> list[Timed]:
  """Random words that last at least `seconds`; `rate` 2 speaks twice as fast.

  Words of one to four syllables, each with its own speed and stress, and a
  pause after every few words: no two moments are alike.
  """
  spoken, clock = [], 0.0

  def say(symbol: str, speed: float, stress: float = 1.0) -> None:
    nonlocal clock
    sound = synthetic_phonemes.TABLE[symbol]
    length = rng.uniform(sound.shortest, sound.longest) / 1000 / speed
    spoken.append(Timed(symbol, clock, clock + length, stress))
    clock += length

  if rng.random() < 0.5:
    say('_', rng.uniform(1, 4))
  until_pause = rng.integers(2, 6)
  while clock < seconds:
    speed = rate * rng.uniform(0.75, 1.3)
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.3, 0.4, 0.2, 0.1])):
      stress = rng.uniform(0.75, 1.15)
      for symbol in _syllable(rng):
        say(symbol, speed, stress)
    until_pause -= 1
    if not until_pause:
      say('_', rng.uniform(0.8, 2))
      until_pause = rng.integers(2, 6)
  return spoken


def articulate(phonemes: list[Timed], num_controls: int) -> Tracks:
  """Smooth tracks of `num_controls` entries from timed phonemes."""
  times = np.arange(num_controls) / CONTROL_RATE
  starts = np.array([p.start for p in phonemes])
  which = np.clip(np.searchsorted(starts, times, side='right') - 1, 0, None)
  table = np.array(
    [dataclasses.astuple(synthetic_phonemes.TABLE[p.symbol]) for p in phonemes],
    np.float32,
  )[which]
  formants, (voice, noise), band = table[:, :3], table[:, 3:5].T, table[:, 5:7]
  mouth, grip = table[:, 9:12], table[:, 12:]

  def held(values) -> np.ndarray:
    return np.asarray(values, np.float32)[which]

  stress = held([p.stress for p in phonemes])
  mouth[:, 0] = np.clip(mouth[:, 0] * stress, 0, 1)
  lips = _spread(mouth * grip, _LIP_SPREAD) / _spread(grip, _LIP_SPREAD)
  # Stops: closure, then a burst in the last third.
  stop = held([p.symbol in synthetic_phonemes.STOPS for p in phonemes])
  ends = held([p.stop for p in phonemes])
  burst = (ends - times) < 0.35 * (ends - held(starts))
  noise = noise * np.where(stop, burst, 1) * stress
  return Tracks(
    formants=_spread(formants, _FORMANT_SPREAD),
    voice=_spread(voice * stress, _LEVEL_SPREAD),
    noise=_spread(noise, _LEVEL_SPREAD / 2),
    band=_spread(band, _LEVEL_SPREAD),
    mouth=np.clip(lips, 0, 1),
  )


def _spread(track: np.ndarray, seconds: float) -> np.ndarray:
  return ndimage.gaussian_filter1d(
    track, seconds * CONTROL_RATE, axis=0, mode='nearest'
  )


def _syllable(rng: np.random.Generator) -> str:
  onset = (
    rng.choice(synthetic_phonemes.CONSONANTS) if rng.random() < 0.85 else ''
  )
  coda = rng.choice(synthetic_phonemes.CONSONANTS) if rng.random() < 0.3 else ''
  return onset + rng.choice(synthetic_phonemes.VOWELS) + coda
