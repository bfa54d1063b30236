"""The skin of a drawn head: shape, light, nose, folds, ears.

The skin is lit by Lambert's law from a height field (a flattened ellipsoid with
bumps for nose, cheeks, brow ridge, eye sockets, chin): soft shading is what
makes it a face, to us and to detectors, which look for dark sockets under a
bright forehead.
"""

import cv2
import numpy as np

from input_pipeline import synthetic_canvas, synthetic_person


def draw_skin(
  person: synthetic_person.Person,
  grid: synthetic_canvas.Grid,
  rng: np.random.Generator,
) -> tuple[synthetic_canvas.Layer, np.ndarray]:
  """Head without eyes and hair, and its lighting [h, w] (1 = plain colour)."""
  light = _lighting(person, grid)
  bump = grid.bump
  skin = np.array(person.skin, np.float32) * light[..., None]
  blush = bump(44, 172, 15, 12) + 0.7 * bump(0, 176, 9, 9)
  skin *= 1 + 0.9 * blush[..., None] * (0.05, -0.06, -0.05)
  grain = cv2.GaussianBlur(
    rng.standard_normal(grid.x.shape).astype(np.float32), (0, 0), 1.2
  )
  skin *= 1 + 0.03 * grain[..., None]
  layer = synthetic_canvas.Layer(skin.astype(np.float32), np.zeros_like(grid.x))
  ear_x = np.abs(grid.x) - 74 * person.face_width
  ears = 9 * synthetic_canvas.oval(ear_x / 11, (grid.y - 150) / 20)
  inner_ear = np.exp(
    -0.5 * (((ear_x - 4) / 3.5) ** 2 + ((grid.y - 148) / 9) ** 2)
  )
  face = synthetic_canvas.edge(synthetic_canvas.outline(person, grid))
  layer.shade((1 - face) * (0.1 + 0.3 * inner_ear))
  layer.alpha[:] = np.maximum(face, synthetic_canvas.edge(ears))
  _shadows(person, layer, grid)
  return layer, light


def _lighting(
  person: synthetic_person.Person, grid: synthetic_canvas.Grid
) -> np.ndarray:
  x, y, bump = grid.x / person.face_width, grid.y, grid.bump
  inside = 1 - 0.82 * ((x / 84) ** 2 + ((y - 145) / 118) ** 2)
  height = 66 * np.sqrt(np.maximum(inside, 0.04))
  length = person.nose_length
  tip = (
    synthetic_canvas.EYE
    + (synthetic_canvas.NOSE - 5 - synthetic_canvas.EYE) * length
  )
  wide = person.nose_width
  for across, down, width, tall, amount in (
    (0, synthetic_canvas.EYE + 20, 6.5, 20, 8),  # the ridge of the nose
    (0, tip, 8 * wide, 7, 9),
    (10.5 * wide, tip + 3, 5, 4.5, 4.5),  # its wings
    (28, synthetic_canvas.BROW - 1, 20, 7, 5),
    (
      synthetic_canvas.EYE_X,
      synthetic_canvas.EYE + 1,
      17,
      11,
      -8,
    ),  # sockets and, in them, eyeballs
    (synthetic_canvas.EYE_X, synthetic_canvas.EYE + 1, 11, 7, 3.5),
    (44, 168, 17, 13, 5),
    (0, 241, 15, 9, 5),
    (0, synthetic_canvas.MOUTH, 27, 14, 4),
    (0, 225, 15, 5, -2.5),
    (0, 196, 3.5, 6, -1.2),  # philtrum
  ):
    height = height + amount * bump(across, down, width, tall)
  down, across = np.gradient(height)
  normal = np.stack([-across, -down, np.ones_like(height)], -1)
  normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
  towards = np.array(person.light) / np.linalg.norm(person.light)
  diffuse = np.clip(normal @ towards, 0, None)
  halfway = towards + (0, 0, 1)
  shine = np.clip(normal @ (halfway / np.linalg.norm(halfway)), 0, None)
  return (0.36 + 0.72 * diffuse + 0.10 * shine**24).astype(np.float32)


def _shadows(
  person: synthetic_person.Person,
  layer: synthetic_canvas.Layer,
  grid: synthetic_canvas.Grid,
) -> None:
  bump = grid.bump
  base = (
    synthetic_canvas.EYE
    + (synthetic_canvas.NOSE - synthetic_canvas.EYE) * person.nose_length
  )
  wide = person.nose_width
  layer.shade(
    0.22 * bump(synthetic_canvas.EYE_X, synthetic_canvas.EYE - 5, 17, 7)
  )
  layer.shade(
    0.18 * bump(13, synthetic_canvas.EYE - 1, 7, 10)
  )  # inner corners of the sockets
  layer.shade(
    0.10 * bump(synthetic_canvas.EYE_X, synthetic_canvas.EYE + 11, 14, 3)
  )
  layer.shade(0.24 * bump(0, base + 4, 12 * wide, 3))
  layer.shade(0.55 * bump(6 * wide, base + 1.5, 3.2, 1.8))  # nostrils
  layer.shade(0.16 * bump(0, 225, 13, 3.5))
  fold = np.abs(grid.x) - (17 + 0.45 * (grid.y - base))
  fold = np.exp(-((fold / 2.5) ** 2)) * bump(0, base + 10, 60, 10)
  layer.shade((0.06 + 0.16 * person.age) * fold)
  lines = np.clip(np.sin((grid.y + 0.004 * grid.x**2) * 0.62), 0.5, 1) - 0.5
  layer.shade(0.2 * max(person.age - 0.3, 0) * lines * bump(0, 96, 32, 10))
