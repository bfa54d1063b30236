"""Words of synthetic talkers: ten that differ on the lips.

A word is written in the symbols of `synthetic_phonemes`. Sounds that look alike
(p, b, m) never are the only difference between two of them.
"""

import numpy as np

from input_pipeline import synthetic_phonemes, synthetic_speech

WORDS = (
  'mami',
  'papu',
  'fawo',
  'Sufa',
  'wibo',
  'oluma',
  'vive',
  'tAsa',
  'buSi',
  'ewawe',
)


def say(
  word: str,
  rng: np.random.Generator,
  seconds: float,
  *,
  rate: float = 1.0,
  tail: float = 0.0,
) -> list[synthetic_speech.Timed]:
  """One word somewhere within `seconds`, and silence around it.

  Args:
    word: its symbols.
    rng: draws speed, lengths, stress and the moment.
    seconds: in which the word begins and ends.
    rate: 2 speaks twice as fast.
    tail: seconds of silence after that.

  Raises:
    ValueError: a symbol is unknown, or the word takes longer.
  """
  if unknown := set(word) - set(synthetic_phonemes.TABLE):
    raise ValueError(f'{word!r} has unknown symbols {sorted(unknown)}.')
  sounds = [synthetic_phonemes.TABLE[symbol] for symbol in word]
  speed = rate * rng.uniform(0.85, 1.2)
  lengths = [
    rng.uniform(sound.shortest, sound.longest) / 1000 / speed
    for sound in sounds
  ]
  stress = rng.uniform(0.8, 1.15)
  if sum(lengths) > seconds:
    raise ValueError(
      f'{word!r} takes {sum(lengths):.2f} s; {seconds:.2f} s are too short.'
    )
  clock = rng.uniform(0, seconds - sum(lengths))
  spoken = [synthetic_speech.Timed('_', 0.0, clock)]
  for symbol, length in zip(word, lengths, strict=True):
    spoken.append(synthetic_speech.Timed(symbol, clock, clock + length, stress))
    clock += length
  spoken.append(synthetic_speech.Timed('_', clock, seconds + tail))
  return spoken
