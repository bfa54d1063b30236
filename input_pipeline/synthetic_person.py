"""Who the synthetic talkers are: looks, voice and habits from an index."""

import dataclasses

import numpy as np

from input_pipeline import synthetic_voice

NUM_PEOPLE = 48

Colour = tuple[float, float, float]  # RGB, 0..1

# From very light to very dark, with different undertones.
_SKINS = (
  (0.96, 0.80, 0.71), (0.92, 0.73, 0.60), (0.87, 0.66, 0.52),
  (0.80, 0.58, 0.43), (0.72, 0.50, 0.36), (0.62, 0.42, 0.30),
  (0.52, 0.35, 0.25), (0.43, 0.29, 0.21),
)  # fmt: skip
_HAIRS = (
  (0.10, 0.08, 0.07), (0.24, 0.15, 0.09), (0.42, 0.26, 0.14),
  (0.72, 0.53, 0.28), (0.55, 0.23, 0.10), (0.62, 0.61, 0.60),
  (0.16, 0.11, 0.10),
)  # fmt: skip
_IRISES = (
  (0.25, 0.14, 0.08), (0.36, 0.24, 0.12), (0.30, 0.45, 0.60),
  (0.32, 0.45, 0.30), (0.16, 0.10, 0.07),
)  # fmt: skip
_CLOTHES = (
  (0.20, 0.28, 0.45), (0.55, 0.20, 0.22), (0.85, 0.84, 0.80),
  (0.16, 0.17, 0.19), (0.25, 0.42, 0.33), (0.75, 0.58, 0.25),
  (0.45, 0.33, 0.52), (0.50, 0.62, 0.72), (0.60, 0.45, 0.38),
)  # fmt: skip
_HAIR_STYLES = (
  'short', 'long', 'parted', 'buzz', 'bun', 'curly', 'bald', 'fringe',
  'scarf', 'quiff', 'bob',
)  # fmt: skip
_BEARDS = ('none', 'none', 'stubble', 'none', 'full', 'moustache', 'goatee')
_GLASSES = ('none', 'none', 'round', 'none', 'square', 'none', 'thin')
_BACKGROUNDS = ('gradient', 'blobs', 'stripes', 'window', 'bricks')
# Styles that are drawn without a beard and with fuller lips and longer lashes.
_FEMININE = ('long', 'bun', 'scarf', 'bob')


@dataclasses.dataclass(frozen=True)
class Person:
  """Everything that stays the same from clip to clip.

  Colours are RGB in 0..1. Proportions (face_width .. chin) are factors around
  1. light: direction x (right), y (down), z (towards the viewer). motion: how
  far the head travels, factor around 1.
  """

  index: int
  skin: Colour
  hair: Colour
  iris: Colour
  clothes: Colour
  lips: Colour
  hair_style: str
  beard: str
  glasses: str
  background: str
  backdrop: Colour
  face_width: float
  face_height: float
  jaw: float
  eye_spacing: float
  eye_size: float
  nose_width: float
  nose_length: float
  mouth_width: float
  lip_fullness: float
  brow_weight: float
  brow_tilt: float
  age: float
  lashes: float
  light: tuple[float, float, float]
  tint: Colour
  scale: float
  motion: float
  blink_seconds: float
  voice: synthetic_voice.Voice


def person(index: int) -> Person:
  """The person with this index, 0 <= index < NUM_PEOPLE; always the same.

  Traits that tell people apart at a glance cycle with co-prime periods, so
  that neighbours differ; the rest is drawn at random.

  Raises:
    ValueError: no such person.
  """
  if not 0 <= index < NUM_PEOPLE:
    raise ValueError(f'No person {index}: choose 0 to {NUM_PEOPLE - 1}.')
  rng = np.random.default_rng([7341, index])
  style = _HAIR_STYLES[index % len(_HAIR_STYLES)]
  feminine = style in _FEMININE
  skin = np.array(_SKINS[5 * index % len(_SKINS)]) + rng.uniform(-0.02, 0.02, 3)
  dark = skin.mean() < 0.5
  hair = _HAIRS[(3 * index + index // 7) % (2 if dark else len(_HAIRS))]
  lips = skin * (0.86, 0.62, 0.62) + (0.06, 0.0, 0.01)
  if dark:
    lips = lips + (0.09, 0.03, 0.04)
  if feminine:
    lips = lips * 0.6 + 0.4 * np.array((0.68, 0.22, 0.26))
  backdrop = rng.uniform(0.25, 0.8, 3)
  backdrop = 0.45 * backdrop + 0.55 * backdrop.mean()  # walls are not neon
  angle = rng.uniform(-1, 1)
  return Person(
    index=index,
    skin=_colour(skin),
    hair=hair,
    iris=_IRISES[0 if dark else int(rng.integers(len(_IRISES)))],
    clothes=_CLOTHES[4 * index % len(_CLOTHES)],
    lips=_colour(lips),
    hair_style=style,
    beard='none' if feminine else _BEARDS[index // 2 % len(_BEARDS)],
    glasses=_GLASSES[2 * index % len(_GLASSES)],
    background=_BACKGROUNDS[2 * index % len(_BACKGROUNDS)],
    backdrop=_colour(backdrop),
    face_width=rng.uniform(0.92, 1.06) - 0.04 * feminine,
    face_height=rng.uniform(0.95, 1.05),
    jaw=rng.uniform(0.0, 0.6) if feminine else rng.uniform(0.3, 1.0),
    eye_spacing=rng.uniform(0.94, 1.06),
    eye_size=rng.uniform(0.92, 1.1) + 0.06 * feminine,
    nose_width=rng.uniform(0.85, 1.15) + 0.12 * dark - 0.1 * feminine,
    nose_length=rng.uniform(0.92, 1.06),
    mouth_width=rng.uniform(0.92, 1.1),
    lip_fullness=rng.uniform(0.8, 1.1) + 0.2 * dark + 0.2 * feminine,
    brow_weight=rng.uniform(0.85, 1.25) - 0.15 * feminine,
    brow_tilt=rng.uniform(-2, 4),
    age=rng.uniform(0, 1) ** 2,
    lashes=1.6 if feminine else 1.0,
    light=(0.62 * angle, -rng.uniform(0.35, 0.65), 1.0),
    tint=_colour(0.97 + rng.uniform(-0.05, 0.05, 3)),
    scale=rng.uniform(0.78, 0.88),
    motion=rng.uniform(0.5, 1.3),
    blink_seconds=rng.uniform(1.5, 4.0),
    voice=_voice(rng, feminine),
  )


def _voice(rng: np.random.Generator, feminine: bool) -> synthetic_voice.Voice:
  size = rng.uniform(1.08, 1.22) if feminine else rng.uniform(0.92, 1.06)
  return synthetic_voice.Voice(
    pitch=(200 if feminine else 115) * rng.uniform(0.8, 1.25),
    formant_scale=size,
    rate=rng.uniform(0.85, 1.2),
    breath=rng.uniform(0.02, 0.3),
    liveliness=rng.uniform(0.08, 0.25),
    loudness=rng.uniform(0.05, 0.12),
  )


def _colour(values: np.ndarray) -> Colour:
  return tuple(np.clip(values, 0.02, 1.0).tolist())
