"""The still parts of a drawn head: skin, nose, eyes, brows, ears.

A head is drawn on a canvas of 320 x 320 pixels whose coordinates are fixed
here: x to the right of the middle of the face, y down from the top. The skin
is lit by Lambert's law from a height field (a flattened ellipsoid with bumps
for nose, cheeks, brow ridge, eye sockets, chin): soft shading is what makes it
a face, to us and to detectors, which look for dark sockets under a bright
forehead.
"""

import dataclasses

import cv2
import numpy as np

from input_pipeline import synthetic_person

SIZE = 320
CENTRE = (160.0, 150.0)  # x = 0; y = 150 stays put whatever the face height
BROW, EYE, NOSE, MOUTH, CHIN = 119.0, 137.0, 183.0, 209.0, 250.0
EYE_X = 33.0
BLINK_LEVELS = 6


@dataclasses.dataclass
class Layer:
  """A picture to lay over others: colour [h, w, 3] and alpha [h, w] in 0..1."""

  colour: np.ndarray
  alpha: np.ndarray

  def paint(self, mask: np.ndarray, colour) -> None:
    """Lays `colour` (RGB or [h, w, 3]) over the layer where mask is 1."""
    self.colour += mask[..., None] * (np.asarray(colour) - self.colour)
    self.alpha += mask * (1 - self.alpha)

  def shade(self, amount: np.ndarray) -> None:
    """Multiplies the colour: 0.2 darkens by a fifth, -0.1 brightens."""
    self.colour *= 1 - amount[..., None]


@dataclasses.dataclass(frozen=True)
class Grid:
  """Face coordinates of a canvas's pixels, each [h, w] float32."""

  x: np.ndarray
  y: np.ndarray

  def bump(self, x, y, width, height) -> np.ndarray:
    """Gaussian of height 1; with x > 0 one on either side of the face."""
    across = np.abs(self.x) - x if x else self.x
    return np.exp(-0.5 * ((across / width) ** 2 + ((self.y - y) / height) ** 2))


def make_grid(
  person: synthetic_person.Person, width: int = SIZE, height: int = SIZE
) -> Grid:
  """Coordinates of a canvas [height, width]; y is stretched to the person."""
  v, u = np.mgrid[:height, :width].astype(np.float32)
  y = (v - CENTRE[1]) / person.face_height + CENTRE[1]
  return Grid(u - width / 2, y)


def edge(distance: np.ndarray, softness: float = 0.8) -> np.ndarray:
  """0 outside to 1 inside of a signed distance in pixels, without jaggies."""
  return np.clip(0.5 + distance / (2 * softness), 0, 1)


def oval(x, y, power: float = 2.0) -> np.ndarray:
  """About the signed distance (positive inside) to |x|^p + |y|^p = 1, in units
  where the gradient of x and y is 1."""
  return 1 - (np.abs(x) ** power + np.abs(y) ** power) ** (1 / power)


def outline(person: synthetic_person.Person, grid: Grid) -> np.ndarray:
  """Signed distance to the outline of the face, pixels, positive inside."""
  half = 75 * person.face_width
  lower = np.clip((grid.y - 150) / 100, 0, None)
  # A square jaw keeps its width for longer on the way to the chin.
  taper = 1 - (0.32 - 0.17 * person.jaw) * np.clip(lower, 0, 1) ** 1.3
  x = grid.x / (half * taper)
  y = np.where(grid.y > 150, lower, (grid.y - 150) / 102)
  return 75 * oval(x, y, 2.35)


def draw_skin(
  person: synthetic_person.Person, grid: Grid, rng: np.random.Generator
) -> tuple[Layer, np.ndarray]:
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
  layer = Layer(skin.astype(np.float32), np.zeros_like(grid.x))
  ear_x = np.abs(grid.x) - 74 * person.face_width
  ears = 9 * oval(ear_x / 11, (grid.y - 150) / 20)
  inner_ear = np.exp(
    -0.5 * (((ear_x - 4) / 3.5) ** 2 + ((grid.y - 148) / 9) ** 2)
  )
  face = edge(outline(person, grid))
  layer.shade((1 - face) * (0.1 + 0.3 * inner_ear))
  layer.alpha[:] = np.maximum(face, edge(ears))
  _shadows(person, layer, grid)
  return layer, light


def _lighting(person: synthetic_person.Person, grid: Grid) -> np.ndarray:
  x, y, bump = grid.x / person.face_width, grid.y, grid.bump
  inside = 1 - 0.82 * ((x / 84) ** 2 + ((y - 145) / 118) ** 2)
  height = 66 * np.sqrt(np.maximum(inside, 0.04))
  length = person.nose_length
  tip = EYE + (NOSE - 5 - EYE) * length
  wide = person.nose_width
  for across, down, width, tall, amount in (
    (0, EYE + 20, 6.5, 20, 8),  # the ridge of the nose
    (0, tip, 8 * wide, 7, 9),
    (10.5 * wide, tip + 3, 5, 4.5, 4.5),  # its wings
    (28, BROW - 1, 20, 7, 5),
    (EYE_X, EYE + 1, 17, 11, -8),  # sockets and, in them, eyeballs
    (EYE_X, EYE + 1, 11, 7, 3.5),
    (44, 168, 17, 13, 5),
    (0, 241, 15, 9, 5),
    (0, MOUTH, 27, 14, 4),
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


def _shadows(person: synthetic_person.Person, layer: Layer, grid: Grid) -> None:
  bump = grid.bump
  base = EYE + (NOSE - EYE) * person.nose_length
  wide = person.nose_width
  layer.shade(0.22 * bump(EYE_X, EYE - 5, 17, 7))
  layer.shade(0.18 * bump(13, EYE - 1, 7, 10))  # inner corners of the sockets
  layer.shade(0.10 * bump(EYE_X, EYE + 11, 14, 3))
  layer.shade(0.24 * bump(0, base + 4, 12 * wide, 3))
  layer.shade(0.55 * bump(6 * wide, base + 1.5, 3.2, 1.8))  # nostrils
  layer.shade(0.16 * bump(0, 225, 13, 3.5))
  fold = np.abs(grid.x) - (17 + 0.45 * (grid.y - base))
  fold = np.exp(-((fold / 2.5) ** 2)) * bump(0, base + 10, 60, 10)
  layer.shade((0.06 + 0.16 * person.age) * fold)
  lines = np.clip(np.sin((grid.y + 0.004 * grid.x**2) * 0.62), 0.5, 1) - 0.5
  layer.shade(0.2 * max(person.age - 0.3, 0) * lines * bump(0, 96, 32, 10))


def draw_brows(
  person: synthetic_person.Person, layer: Layer, grid: Grid
) -> None:
  """Brows, darker than the hair: detectors and we need their contrast."""
  s = (np.abs(grid.x) - EYE_X * person.eye_spacing - 1) / 20
  centre = BROW - 4 * (1 - s**2) - person.brow_tilt * s
  half = person.brow_weight * (3.1 - 1.2 * s)
  inside = edge(half - np.abs(grid.y - centre), 1.5) * edge(20 - 20 * abs(s), 3)
  layer.paint(0.8 * inside, np.minimum(person.hair, 0.42) * np.float32(0.75))


def draw_eyes(
  person: synthetic_person.Person,
  layer: Layer,
  grid: Grid,
  light: np.ndarray,
  closed: float,
) -> None:
  """Both eyes; `closed` 0 is wide open, 1 shut."""
  size = person.eye_size
  x = np.abs(grid.x) - EYE_X * person.eye_spacing
  y = grid.y - EYE
  s = np.clip(x / (15.5 * size), -1, 1)
  bow = (1 - s**2) ** 0.75
  bottom = size * 5.2 * bow - 0.8 * s
  top = -size * 8.2 * bow - 0.8 * s
  lid = top + closed * (bottom - 0.6 - top)
  wide = edge(15.5 * size - np.abs(x), 1.0)
  ball = edge(y - lid) * edge(bottom - y) * wide
  bright = np.clip(light, 0.7, 1.05)[..., None]
  layer.paint(ball, np.array((0.90, 0.88, 0.86)) * bright)
  # The pupils look straight ahead, so each side's x is its own.
  radius = np.hypot(x, y + 1.5)
  layer.paint(ball * edge(7.6 * size - radius), (0.10, 0.08, 0.07))
  layer.paint(ball * edge(6.5 * size - radius, 1.2), person.iris)
  layer.paint(ball * edge(3.0 * size - radius), (0.03, 0.03, 0.03))
  glint = np.hypot(grid.x - np.sign(grid.x) * EYE_X + 2, y + 4)
  layer.paint(0.9 * ball * edge(1.6 - glint), (1, 1, 1))
  layer.shade(0.35 * ball * np.exp(-np.clip(y - lid, 0, None) / 2.5))
  lash = np.exp(-(((y - lid + 0.6) / (1.5 * person.lashes**0.5)) ** 2))
  layer.paint(0.85 * lash * wide, np.multiply(person.skin, 0.16))
  layer.paint(
    0.3 * wide * np.exp(-((y - bottom) ** 2)), np.multiply(person.skin, 0.4)
  )
  crease = np.exp(-(((y - top + 4.5) / 1.3) ** 2)) * wide
  layer.shade((0.28 - 0.15 * closed) * crease)
