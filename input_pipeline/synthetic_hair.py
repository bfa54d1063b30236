"""Hair, scarves and beards of the synthetic talkers."""

import cv2
import numpy as np

from input_pipeline import synthetic_canvas, synthetic_person

# Style: extra width, top of the hair (y), hairline over the forehead (y), how
# far down the sides it reaches (y), raggedness of the hairline in pixels.
_CAPS = {
  'short': (6, 40, 82, 138, 3),
  'long': (10, 36, 80, 240, 2),
  'parted': (8, 37, 82, 142, 2),
  'buzz': (2, 45, 84, 136, 2),
  'bun': (4, 42, 80, 140, 1),
  'curly': (22, 26, 88, 178, 5),
  'fringe': (8, 38, 101, 150, 6),
  'quiff': (4, 27, 80, 136, 3),
  'bob': (13, 37, 98, 222, 3),
}


def draw_hair(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
  rng: np.random.Generator,
) -> None:
  """The hair in front of the head, or the scarf."""
  if person.hair_style == 'scarf':
    return _draw_scarf(person, layer, grid)
  if person.hair_style == 'bald':
    return None
  extra, top, line, side, ragged = _CAPS[person.hair_style]
  x, y = grid.x, grid.y
  rough = _smooth_noise(rng, x.shape, 4)
  half = 75 * person.face_width + extra
  outside = 80 * synthetic_canvas.oval(
    x / half, np.where(y < 150, (y - 150) / (150 - top), 0), 2.4
  )
  if person.hair_style == 'curly':
    outside = outside + 3 * rough
  if person.hair_style == 'bun':
    outside = np.maximum(
      outside, 22 - np.hypot(x, (y - 36) * person.face_height)
    )
  # The hairline drops to the sideburns at the temples.
  temple = _step(np.abs(x) / person.face_width, 50, 72)
  hairline = line + (side - line) * temple + ragged * rough
  if person.hair_style == 'parted':
    hairline = hairline + 11 * np.tanh((x + 22) / 16) * (1 - temple)
  mask = synthetic_canvas.edge(outside, 1.5)
  mask = mask * synthetic_canvas.edge(hairline - y, 3)
  shadow = np.roll(cv2.GaussianBlur(mask, (0, 0), 4), 5, axis=0)
  layer.shade(0.25 * shadow * (1 - mask))
  if person.hair_style == 'buzz':
    mask = 0.8 * mask
  layer.paint(mask, strands(person, grid, rng))


def back_hair(
  person: synthetic_person.Person, grid: synthetic_canvas.Grid
) -> np.ndarray:
  """Mask [h, w] of the hair or cloth that hangs behind the neck."""
  x, y = np.abs(grid.x), grid.y
  if person.hair_style == 'long':
    half = 84 * person.face_width + 4 + 12 * _step(y, 160, 290)
  elif person.hair_style == 'bob':
    half = 88 * person.face_width + 8 * np.sin((y - 120) / 60)
    half = np.where(y < 228, half, 0)
  elif person.hair_style == 'scarf':
    half = 78 * person.face_width + 14 + 70 * _step(y, 225, 300)
  else:
    return np.zeros_like(x)
  # Above the ears it follows the skull.
  half = half * np.sqrt(np.clip(1 - ((150 - y) / 112).clip(0) ** 2, 0, 1))
  mask = synthetic_canvas.edge(half - x, 2) * (half > 2)
  return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)


def strands(
  person: synthetic_person.Person,
  grid: synthetic_canvas.Grid,
  rng: np.random.Generator,
) -> np.ndarray:
  """[h, w, 3] lit hair with vertical strands and a band of shine."""
  streaks = rng.standard_normal(grid.x.shape).astype(np.float32)
  if person.hair_style == 'curly':
    streaks = 6 * cv2.GaussianBlur(streaks, (0, 0), 2.5)
  else:
    streaks = 4 * cv2.GaussianBlur(streaks, (0, 0), 1.0, sigmaY=9)
  towards = 0.25 * np.sign(person.light[0]) * np.tanh(grid.x / 60)
  shine = np.exp(-(((grid.y - 66 - 0.006 * grid.x**2) / 14) ** 2))
  level = 0.85 + towards + 0.16 * streaks + 0.35 * shine
  return np.clip(level, 0.3, 2)[..., None] * np.float32(person.hair)


def draw_beard(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
  light: np.ndarray,
  rng: np.random.Generator,
) -> None:
  """Beard and moustache; they leave the lips free."""
  if person.beard == 'none':
    return
  x, y = np.abs(grid.x), grid.y
  cheek = 222 - 66 * _step(x, 30, 68 * person.face_width)
  beard = synthetic_canvas.edge(y - cheek, 5)
  moustache = synthetic_canvas.edge(4.5 - np.abs(y - 198 - 0.008 * x**2), 2.5)
  moustache = moustache * synthetic_canvas.edge(30 - x, 4)
  chin = synthetic_canvas.edge(26 - x, 5) * synthetic_canvas.edge(y - 224, 4)
  mask = {
    'stubble': 0.32 * np.maximum(beard, moustache),
    'full': 0.86 * np.maximum(beard, moustache),
    'moustache': 0.9 * moustache,
    'goatee': 0.86 * np.maximum(chin, moustache),
  }[person.beard]
  mask = mask * np.clip(1 + 0.25 * _smooth_noise(rng, x.shape, 1), 0, 1.1)
  mask = np.clip(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1), 0, 1)
  colour = np.float32(person.hair) * 0.7 + 0.3 * np.float32(person.skin)
  face = synthetic_canvas.edge(synthetic_canvas.outline(person, grid))
  layer.paint(mask * face, colour * light[..., None])


def _draw_scarf(person, layer, grid) -> None:
  half = 75 * person.face_width
  y = (grid.y - 150) / np.where(grid.y < 150, 116, 104)
  outside = 80 * synthetic_canvas.oval(grid.x / (half + 13), y, 2.3)
  y = (grid.y - 165) / np.where(grid.y < 165, 84, 108)
  opening = 70 * synthetic_canvas.oval(grid.x / (half - 5), y, 2.4)
  mask = synthetic_canvas.edge(outside, 1.2) * synthetic_canvas.edge(
    -opening, 1.5
  )
  # Below the nose the jaw moves: there the cloth is part of the body.
  mask = mask * synthetic_canvas.edge(190 - grid.y, 18)
  layer.shade(0.3 * np.exp(-np.clip(opening, 0, None) / 6) * (1 - mask))
  layer.paint(mask, cloth(person, grid))


def cloth(person, grid) -> np.ndarray:
  """[h, w, 3] the scarf's folds."""
  folds = np.sin(grid.x / 9 + np.sin(grid.y / 31) * 3) * 0.06
  level = 0.9 + folds + 0.2 * person.light[0] * np.tanh(grid.x / 70)
  return level[..., None] * np.float32(person.clothes)


def _smooth_noise(rng, shape, sigma) -> np.ndarray:
  noise = rng.standard_normal(shape).astype(np.float32)
  return cv2.GaussianBlur(noise, (0, 0), sigma) * (2 * sigma * np.sqrt(np.pi))


def _step(values, low, high) -> np.ndarray:
  t = np.clip((values - low) / (high - low), 0, 1)
  return t * t * (3 - 2 * t)
