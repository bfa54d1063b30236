"""What the synthetic talkers say: phonemes, random utterances, articulation.

An utterance is a list of timed phonemes. `articulate` turns it into smooth
tracks at 250 Hz, once, and both the voice and the face read those tracks: that
is why lips and sound agree. Coarticulation follows the idea of dominance
functions (Cohen and Massaro, "Modeling coarticulation in synthetic visual
speech", 1993): a track is the average of the targets around it, weighted by
nearness and by how much each phoneme insists. A /p/ insists on closed lips; an
/s/ hardly minds what the lips do.
"""

import dataclasses

import numpy as np
from scipy import ndimage

CONTROL_RATE = 250  # tracks per second: every 64 samples of 16 kHz

# Spread of a target in time, seconds. Formants move faster than jaws.
_LIP_SPREAD = 0.032
_FORMANT_SPREAD = 0.022
_LEVEL_SPREAD = 0.006


@dataclasses.dataclass(frozen=True)
class Phoneme:
  """One row of the table; levels are linear amplitudes.

  formants: F1..F3 in Hz of a grown man.
  voice, noise: level of the glottal source and of the frication.
  band: centre and width (Hz) of the frication.
  seconds: shortest and longest duration.
  mouth: opening, width, rounding, each 0..1.
  grip: how strongly the lips insist on `mouth`.
  stop: silent closure first, then a burst of `noise`.
  """

  formants: tuple[float, float, float]
  voice: float
  noise: float
  band: tuple[float, float]
  seconds: tuple[float, float]
  mouth: tuple[float, float, float]
  grip: float = 1.0
  stop: bool = False


# Vowel formants: the usual textbook averages (Peterson and Barney, 1952).
_LONG, _SHORT, _BREATH = (0.08, 0.18), (0.05, 0.09), (500.0, 400.0)
VOWELS = {
  'a': Phoneme((730, 1150, 2440), 1.0, 0, _BREATH, _LONG, (1.0, 0.5, 0.1)),
  'A': Phoneme((660, 1720, 2410), 0.9, 0, _BREATH, _LONG, (0.8, 0.75, 0.0)),
  'e': Phoneme((530, 1840, 2480), 0.75, 0, _BREATH, _LONG, (0.52, 0.8, 0.0)),
  'i': Phoneme((280, 2290, 3010), 0.5, 0, _BREATH, _LONG, (0.24, 1.0, 0.0)),
  'o': Phoneme((520, 850, 2410), 0.8, 0, _BREATH, _LONG, (0.55, 0.25, 0.8)),
  'u': Phoneme((310, 870, 2240), 0.5, 0, _BREATH, _LONG, (0.22, 0.0, 1.0), 1.5),
  '@': Phoneme(
    (500, 1450, 2450), 0.65, 0, _BREATH, (0.05, 0.11), (0.4, 0.5, 0.1)
  ),
}
CONSONANTS = {
  'm': Phoneme(
    (250, 1000, 2200), 0.2, 0, _BREATH, (0.08, 0.13), (0.0, 0.45, 0.1), 12
  ),
  'n': Phoneme(
    (260, 1600, 2600), 0.24, 0, _BREATH, _SHORT, (0.16, 0.5, 0.0), 0.7
  ),
  'p': Phoneme(
    (350, 900, 2200),
    0,
    0.5,
    (900, 900),
    (0.09, 0.13),
    (0.0, 0.4, 0.1),
    12,
    True,
  ),
  'b': Phoneme(
    (300, 900, 2200),
    0.08,
    0.3,
    (700, 700),
    (0.08, 0.12),
    (0.0, 0.4, 0.1),
    12,
    True,
  ),
  't': Phoneme(
    (400, 1700, 2700),
    0,
    0.6,
    (4500, 1500),
    (0.07, 0.11),
    (0.16, 0.55, 0.0),
    0.7,
    True,
  ),
  'd': Phoneme(
    (350, 1700, 2700),
    0.1,
    0.3,
    (4000, 1500),
    _SHORT,
    (0.18, 0.5, 0.0),
    0.7,
    True,
  ),
  'k': Phoneme(
    (400, 1900, 2400),
    0,
    0.5,
    (2000, 600),
    (0.07, 0.11),
    (0.26, 0.5, 0.1),
    0.4,
    True,
  ),
  'g': Phoneme(
    (350, 1900, 2400),
    0.1,
    0.25,
    (1900, 600),
    _SHORT,
    (0.26, 0.5, 0.1),
    0.4,
    True,
  ),
  'f': Phoneme(
    (350, 1200, 2300),
    0,
    0.12,
    (5000, 3500),
    (0.08, 0.13),
    (0.06, 0.55, 0.0),
    6,
  ),
  'v': Phoneme(
    (320, 1200, 2300), 0.25, 0.06, (5000, 3000), _SHORT, (0.06, 0.55, 0.0), 6
  ),
  's': Phoneme(
    (350, 1700, 2600), 0, 0.4, (6000, 1100), (0.08, 0.14), (0.14, 0.75, 0.0)
  ),
  'z': Phoneme(
    (320, 1700, 2600), 0.2, 0.2, (5800, 1100), (0.06, 0.1), (0.14, 0.75, 0.0)
  ),
  'S': Phoneme(
    (350, 1800, 2400), 0, 0.4, (3200, 900), (0.08, 0.14), (0.22, 0.15, 0.8), 2
  ),
  'h': Phoneme(
    (500, 1500, 2500), 0, 0.15, (1500, 1200), _SHORT, (0.35, 0.5, 0.1), 0.2
  ),
  'l': Phoneme(
    (350, 1100, 2700), 0.45, 0, _BREATH, _SHORT, (0.3, 0.5, 0.0), 0.6
  ),
  'r': Phoneme((350, 1200, 1600), 0.4, 0, _BREATH, _SHORT, (0.24, 0.3, 0.5)),
  'w': Phoneme(
    (290, 650, 2200), 0.4, 0, _BREATH, (0.06, 0.1), (0.12, 0.0, 1.0), 4
  ),
  'j': Phoneme((270, 2200, 2900), 0.4, 0, _BREATH, _SHORT, (0.2, 0.9, 0.0)),
}
PAUSE = Phoneme(
  (450, 1450, 2450), 0, 0, _BREATH, (0.15, 0.5), (0.0, 0.45, 0.15), 1.5
)
TABLE = VOWELS | CONSONANTS | {'_': PAUSE}


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
    length = rng.uniform(*TABLE[symbol].seconds) / speed
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
  rows = [TABLE[p.symbol] for p in phonemes]

  def held(values) -> np.ndarray:
    return np.asarray(values, np.float32)[which]

  stress = held([p.stress for p in phonemes])
  mouth = held([r.mouth for r in rows])
  mouth[:, 0] = np.clip(mouth[:, 0] * stress, 0, 1)
  grip = held([r.grip for r in rows])[:, None]
  lips = _spread(mouth * grip, _LIP_SPREAD) / _spread(grip, _LIP_SPREAD)
  # Stops: closure, then a burst in the last third.
  stop = held([r.stop for r in rows])
  ends = held([p.stop for p in phonemes])
  burst = (ends - times) < 0.35 * (ends - held(starts))
  noise = held([r.noise for r in rows]) * np.where(stop, burst, 1.0) * stress
  voice = held([r.voice for r in rows]) * stress
  return Tracks(
    formants=_spread(held([r.formants for r in rows]), _FORMANT_SPREAD),
    voice=_spread(voice, _LEVEL_SPREAD),
    noise=_spread(noise.astype(np.float32), _LEVEL_SPREAD / 2),
    band=_spread(held([r.band for r in rows]), _LEVEL_SPREAD),
    mouth=np.clip(lips, 0, 1),
  )


def _spread(track: np.ndarray, seconds: float) -> np.ndarray:
  return ndimage.gaussian_filter1d(
    track, seconds * CONTROL_RATE, axis=0, mode='nearest'
  )


def _syllable(rng: np.random.Generator) -> str:
  onset = rng.choice([*CONSONANTS, '']) if rng.random() < 0.9 else ''
  coda = rng.choice([*CONSONANTS]) if rng.random() < 0.3 else ''
  return onset + rng.choice([*VOWELS]) + coda
