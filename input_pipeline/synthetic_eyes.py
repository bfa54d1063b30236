"""Eyes that blink, brows and glasses of the synthetic talkers."""

import numpy as np

from input_pipeline import synthetic_canvas, synthetic_person

BLINK_LEVELS = 6
ROWS = slice(100, 170)  # of the canvas: eyes and glasses of every face


def draw_brows(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
) -> None:
  """Brows, darker than the hair: detectors and we need their contrast."""
  s = (np.abs(grid.x) - synthetic_canvas.EYE_X * person.eye_spacing - 1) / 20
  centre = synthetic_canvas.BROW - 4 * (1 - s**2) - person.brow_tilt * s
  half = person.brow_weight * (3.1 - 1.2 * s)
  inside = synthetic_canvas.edge(
    half - np.abs(grid.y - centre), 1.5
  ) * synthetic_canvas.edge(20 - 20 * abs(s), 3)
  layer.paint(0.8 * inside, np.minimum(person.hair, 0.42) * np.float32(0.75))


def draw_blinks(person, head, grid, light) -> list[np.ndarray]:
  """Draws open eyes and glasses; returns what each blink level adds to them."""
  rows = ROWS
  band = synthetic_canvas.Grid(grid.x[rows], grid.y[rows])
  levels = []
  for closed in np.linspace(0, 1, BLINK_LEVELS):
    face = synthetic_canvas.Layer(head.colour[rows] + 0, head.alpha[rows] + 0)
    _draw_eyes(person, face, band, light[rows], closed)
    _draw_glasses(person, face, band)
    levels.append(face)
  head.colour[rows], head.alpha[rows] = levels[0].colour, levels[0].alpha
  pictures = [
    synthetic_canvas.texture(level, person.tint)[..., :3] for level in levels
  ]
  return [picture - pictures[0] for picture in pictures]


def _draw_eyes(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
  light: np.ndarray,
  closed: float,
) -> None:
  """Both eyes; `closed` 0 is wide open, 1 shut."""
  size = person.eye_size
  x = np.abs(grid.x) - synthetic_canvas.EYE_X * person.eye_spacing
  y = grid.y - synthetic_canvas.EYE
  s = np.clip(x / (15.5 * size), -1, 1)
  bow = (1 - s**2) ** 0.75
  bottom = size * 5.2 * bow - 0.8 * s
  top = -size * 8.2 * bow - 0.8 * s
  lid = top + closed * (bottom - 0.6 - top)
  wide = synthetic_canvas.edge(15.5 * size - np.abs(x), 1.0)
  ball = (
    synthetic_canvas.edge(y - lid) * synthetic_canvas.edge(bottom - y) * wide
  )
  bright = np.clip(light, 0.7, 1.05)[..., None]
  layer.paint(ball, np.array((0.90, 0.88, 0.86)) * bright)
  # The pupils look straight ahead, so each side's x is its own.
  radius = np.hypot(x, y + 1.5)
  layer.paint(
    ball * synthetic_canvas.edge(7.6 * size - radius), (0.10, 0.08, 0.07)
  )
  layer.paint(
    ball * synthetic_canvas.edge(6.5 * size - radius, 1.2), person.iris
  )
  layer.paint(
    ball * synthetic_canvas.edge(3.0 * size - radius), (0.03, 0.03, 0.03)
  )
  glint = np.hypot(grid.x - np.sign(grid.x) * synthetic_canvas.EYE_X + 2, y + 4)
  layer.paint(0.9 * ball * synthetic_canvas.edge(1.6 - glint), (1, 1, 1))
  layer.shade(0.35 * ball * np.exp(-np.clip(y - lid, 0, None) / 2.5))
  lash = np.exp(-(((y - lid + 0.6) / (1.5 * person.lashes**0.5)) ** 2))
  layer.paint(0.85 * lash * wide, np.multiply(person.skin, 0.16))
  layer.paint(
    0.3 * wide * np.exp(-((y - bottom) ** 2)), np.multiply(person.skin, 0.4)
  )
  crease = np.exp(-(((y - top + 4.5) / 1.3) ** 2)) * wide
  layer.shade((0.28 - 0.15 * closed) * crease)


def _draw_glasses(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
) -> None:
  """Frames around the eyes, with a faint reflection in the lenses."""
  if person.glasses == 'none':
    return
  x = np.abs(grid.x) - synthetic_canvas.EYE_X * person.eye_spacing - 1
  y = grid.y - synthetic_canvas.EYE - 2
  power = 4.0 if person.glasses == 'square' else 2.3
  lens = 20 * synthetic_canvas.oval(x / 23, y / 18, power)
  thick = 0.9 if person.glasses == 'thin' else 1.6
  bridge = synthetic_canvas.edge(-11 - (x + 11), 1)  # between the lenses
  bar = np.exp(-(((y + 3) / 1.6) ** 2)) * bridge * synthetic_canvas.edge(-lens)
  temple = np.exp(-(((y + 4) / 1.8) ** 2)) * synthetic_canvas.edge(x - 23, 1)
  temple = temple * synthetic_canvas.edge(
    76 * person.face_width - np.abs(grid.x), 1
  )
  rim = synthetic_canvas.edge(thick - np.abs(lens), 0.8)
  colour = (0.45, 0.42, 0.38) if person.glasses == 'thin' else (0.1, 0.08, 0.08)
  inside = synthetic_canvas.edge(lens)
  layer.shade(0.05 * inside)
  glare = np.exp(
    -((((grid.x + 0.6 * y + 8 * np.sign(grid.x)) % 66 - 20) / 3) ** 2)
  )
  layer.paint(0.10 * inside * glare, (1, 1, 1))
  layer.paint(0.9 * np.maximum(np.maximum(rim, bar), temple), colour)
