"""The sounds synthetic talkers can say, and what the mouth does meanwhile.

Formants of vowels are the usual averages for men (Peterson and Barney, 1952);
the rest are round numbers in the ranges any phonetics text gives.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Phoneme:
  """One sound.

  f1, f2, f3: formants in Hz of a grown man.
  voice, noise: levels of the glottal source and of the frication, linear.
  centre, width: the band of the frication, Hz.
  shortest, longest: milliseconds at normal speed.
  opening, spread, rounding: the mouth, 0..1; lips touch at opening 0.
  grip: how strongly the lips insist on that. A /p/ must close them; a /k/
    leaves them where the vowels around it want them.
  """

  f1: float
  f2: float
  f3: float
  voice: float
  noise: float
  centre: float
  width: float
  shortest: float
  longest: float
  opening: float
  spread: float
  rounding: float
  grip: float


#        F1    F2    F3 voice noise   band  milliseconds mouth      grip
# fmt: off
_VOWELS = {
  'a': ( 730, 1150, 2440,   1,   0,  500,  400,  80, 180,   1,  .5,  .1,   1),
  'A': ( 660, 1720, 2410,  .9,   0,  500,  400,  80, 180,  .8, .75,   0,   1),
  'e': ( 530, 1840, 2480, .75,   0,  500,  400,  80, 180, .52,  .8,   0,   1),
  'i': ( 280, 2290, 3010,  .5,   0,  500,  400,  80, 180, .24,   1,   0,   1),
  'o': ( 520,  850, 2410,  .8,   0,  500,  400,  80, 180, .55, .25,  .8,   1),
  'u': ( 310,  870, 2240,  .5,   0,  500,  400,  80, 180, .22,   0,   1, 1.5),
  '@': ( 500, 1450, 2450, .65,   0,  500,  400,  50, 110,  .4,  .5,  .1,   1),
}
_CONSONANTS = {
  'm': ( 250, 1000, 2200,  .2,   0,  500,  400,  80, 130,   0, .45,  .1,  12),
  'n': ( 260, 1600, 2600, .24,   0,  500,  400,  50,  90, .16,  .5,   0,  .7),
  'p': ( 350,  900, 2200,   0,  .5,  900,  900,  90, 130,   0,  .4,  .1,  12),
  'b': ( 300,  900, 2200, .08,  .3,  700,  700,  80, 120,   0,  .4,  .1,  12),
  't': ( 400, 1700, 2700,   0,  .6, 4500, 1500,  70, 110, .16, .55,   0,  .7),
  'd': ( 350, 1700, 2700,  .1,  .3, 4000, 1500,  50,  90, .18,  .5,   0,  .7),
  'k': ( 400, 1900, 2400,   0,  .5, 2000,  600,  70, 110, .26,  .5,  .1,  .4),
  'g': ( 350, 1900, 2400,  .1, .25, 1900,  600,  50,  90, .26,  .5,  .1,  .4),
  'f': ( 350, 1200, 2300,   0, .12, 5000, 3500,  80, 130, .06, .55,   0,   6),
  'v': ( 320, 1200, 2300, .25, .06, 5000, 3000,  50,  90, .06, .55,   0,   6),
  's': ( 350, 1700, 2600,   0,  .4, 6000, 1100,  80, 140, .14, .75,   0,   1),
  'z': ( 320, 1700, 2600,  .2,  .2, 5800, 1100,  60, 100, .14, .75,   0,   1),
  'S': ( 350, 1800, 2400,   0,  .4, 3200,  900,  80, 140, .22, .15,  .8,   2),
  'h': ( 500, 1500, 2500,   0, .15, 1500, 1200,  50,  90, .35,  .5,  .1,  .2),
  'l': ( 350, 1100, 2700, .45,   0,  500,  400,  50,  90,  .3,  .5,   0,  .6),
  'r': ( 350, 1200, 1600,  .4,   0,  500,  400,  50,  90, .24,  .3,  .5,   1),
  'w': ( 290,  650, 2200,  .4,   0,  500,  400,  60, 100, .12,   0,   1,   4),
  'j': ( 270, 2200, 2900,  .4,   0,  500,  400,  50,  90,  .2,  .9,   0,   1),
}
_PAUSE = {
  '_': ( 450, 1450, 2450,   0,   0,  500,  400, 150, 500,   0, .45, .15, 1.5),
}
# fmt: on
VOWELS = tuple(_VOWELS)
CONSONANTS = tuple(_CONSONANTS)
STOPS = frozenset('pbtdkg')  # silent closure first, then a burst of `noise`
TABLE = {
  symbol: Phoneme(*row)
  for symbol, row in (_VOWELS | _CONSONANTS | _PAUSE).items()
}
