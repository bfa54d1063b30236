"""The moving mouth: lips, teeth, tongue and the dark between, per frame.

Everything is a curve over the columns of a small patch, so a mouth is drawn in
about half a millisecond.
"""

import dataclasses

import numpy as np

from input_pipeline import synthetic_person

# Canvas pixels (the face is 200 high from hairline to chin).
LIFT, DROP = 4.0, 26.0  # how far upper and lower lip move for opening 1
JAW_DROP = 22.0  # how far the chin moves
HALF_WIDTH, UP, DOWN = 42, 24, 56  # the patch around the centre of the mouth


@dataclasses.dataclass(frozen=True)
class Lips:
  """A person's mouth, ready to be drawn.

  light [80, 84, 1]: lighting over the patch.
  """

  width: float
  fullness: float
  colour: np.ndarray
  light: np.ndarray


def make_lips(person: synthetic_person.Person, light: np.ndarray) -> Lips:
  """`light` [80, 84]: the skin's lighting over the patch."""
  flat = 0.35 + 0.65 * light / light.mean()
  return Lips(
    person.mouth_width,
    person.lip_fullness,
    np.float32(person.lips),
    (flat * min(light.mean(), 1.1))[..., None].astype(np.float32),
  )


def draw(
  patch: np.ndarray, lips: Lips, mouth: np.ndarray, centre: tuple[float, float]
) -> np.ndarray:
  """Draws the mouth over a patch of skin.

  Args:
    patch: [80, 84, 3] uint8 RGB.
    lips: whose mouth.
    mouth: opening, width, rounding, each 0..1.
    centre: x and y, in the patch, of the middle of the closed mouth.

  Returns:
    [r, 84, 3] float32 RGB in 0..255: the first r rows of the patch, as far as
    the mouth reaches.
  """
  opening, width, rounding = (float(value) for value in mouth)
  rows, columns = patch.shape[:2]
  rows = min(rows, round(centre[1] + DROP * opening) + 28)
  patch, light = patch[:rows], lips.light[:rows]
  half = lips.width * (21 + 9 * width - 7 * rounding)
  x = (np.arange(columns, dtype=np.float32) - centre[0]) / half
  y = np.arange(rows, dtype=np.float32)[:, None] - centre[1]
  y = y + (2.5 * width - 1.0) * np.minimum(x**2, 1.5)  # a smile lifts corners
  bow = np.clip(1 - x**2, 0, None)
  arch = np.clip(1 - (x / 0.93) ** 2, 0, None) ** (0.62 - 0.12 * rounding)
  inner_top, inner_bottom = -LIFT * opening * arch, DROP * opening * arch
  # Pressed lips (p, b, m) are thin, protruded ones thick.
  thick = lips.fullness * (1 + 0.3 * rounding - 0.12 * opening)
  thick *= 1 - 0.22 * np.exp(-opening / 0.05)
  cupid = 1 - 0.22 * np.exp(-((x / 0.13) ** 2)) - 0.12 * np.abs(x)
  outer_top = inner_top - 8.0 * thick * bow**0.7 * cupid
  outer_bottom = inner_bottom + 10.0 * thick * bow**0.55

  within = _edge((1 - np.abs(x)) * half, 1.5)
  lip = _edge(y - outer_top, 1.2) * _edge(outer_bottom - y, 1.6) * within
  hole = _edge(y - inner_top, 0.9) * _edge(inner_bottom - y, 0.9)
  hole *= _edge((0.93 - np.abs(x)) * half, 1.5) * min(1, 12 * opening)

  skin = patch.astype(np.float32)
  shade = _lip_shade(y, inner_top, inner_bottom, outer_top, outer_bottom)
  seam = np.exp(-(((y - inner_bottom) / 1.5) ** 2)) * (1 - hole) * within
  shade = (shade * (1 - 0.5 * seam))[..., None]
  # A faint shadow under the lower lip seats the mouth in the face.
  under = np.exp(-(((y - outer_bottom - 4) / 3.5) ** 2)) * bow
  skin *= 1 - 0.15 * under[..., None]
  skin += (0.92 * lip)[..., None] * (255 * lips.colour * light * shade - skin)
  inside = _inside(x, y, inner_top, inner_bottom, opening, rounding)
  skin += hole[..., None] * (inside * (0.4 + 0.6 * light) - skin)
  return skin


def _lip_shade(y, inner_top, inner_bottom, outer_top, outer_bottom):
  upper = np.clip((y - outer_top) / (inner_top - outer_top + 1e-3), 0, 1)
  lower = np.clip(
    (y - inner_bottom) / (outer_bottom - inner_bottom + 1e-3), 0, 1
  )
  shade = np.where(y < inner_top, 0.98 - 0.22 * upper, 0.94)
  # The lower lip faces the light: a soft highlight at its fullest.
  glow = np.exp(-(((lower - 0.42) / 0.25) ** 2)) * (y > inner_bottom)
  return shade + 0.22 * glow - 0.12 * lower**2


def _inside(x, y, top, bottom, opening, rounding):
  """[80, 84, 3] in 0..255: dark, upper teeth, tongue, lower teeth."""
  gap = bottom - top
  depth = np.clip((y - top) / (gap + 1e-3), 0, 1)
  colour = np.float32((30, 9, 10)) * (0.6 + 0.5 * depth)[..., None]
  tongue = _edge(y - (bottom - (0.2 + 0.1 * (1 - x**2)) * gap), 1.6)
  tongue = 0.7 * tongue * _edge((0.72 - np.abs(x)) * 25, 4)
  tongue = tongue * np.clip((opening - 0.35) / 0.5, 0, 1)
  colour += tongue[..., None] * (np.float32((118, 50, 52)) - colour)
  # Nearly closed lips show no teeth: the gap is in shadow.
  reach = np.clip(0.24 * (gap - 3), 0, 5.0) * (1 - 0.6 * rounding)
  teeth = _edge(top + reach - y, 0.9) * _edge((0.74 - np.abs(x)) * 25, 3)
  teeth = teeth * np.clip((gap - 3) / 4, 0, 1)
  white = np.float32((205, 197, 184)) * (1 - 0.45 * x**2)[:, None]
  colour += (0.9 * teeth)[..., None] * (white - colour)
  low = _edge(y - bottom + np.clip(0.22 * (gap - 16), 0, 3), 0.9)
  low = low * _edge((0.6 - np.abs(x)) * 25, 3) * (gap > 16)
  colour += (0.7 * low)[..., None] * (0.85 * white - colour)
  return colour


def _edge(distance, softness):
  return np.clip(0.5 + distance / (2 * softness), 0, 1)
