"""What is behind the head: background, neck, shoulders."""

import cv2
import numpy as np

from input_pipeline import synthetic_canvas, synthetic_hair, synthetic_person

BODY_WIDTH, BODY_HEIGHT = 520, 400


def draw_background(
  person: synthetic_person.Person,
  height: int,
  width: int,
  rng: np.random.Generator,
) -> np.ndarray:
  """[height, width, 3] float32 in 0..1, out of focus as in a portrait."""
  v, u = np.mgrid[:height, :width].astype(np.float32) / min(height, width)
  base = np.float32(person.backdrop)
  if person.background == 'stripes':
    level = 1 + 0.10 * np.sin(2 * np.pi * u * rng.uniform(4, 9))
  elif person.background == 'bricks':
    row = np.floor(v * 9)
    brick = (u * 5 + 0.5 * (row % 2)) % 1
    mortar = (brick < 0.06) | (v * 9 % 1 < 0.1)
    level = 1 + 0.2 * mortar + 0.05 * np.sin(row * 7.1 + np.floor(u * 5) * 3)
  elif person.background == 'window':
    left = rng.uniform(0.05, 0.7)
    inside = (u > left) & (u < left + 0.3) & (v > 0.06) & (v < 0.7)
    bars = (np.abs(u - left - 0.15) < 0.01) | (np.abs(v - 0.36) < 0.01)
    level = np.where(inside & ~bars, 1.5, 0.85)
  else:
    level = 1 - 0.35 * (v - 0.5) + 0.25 * rng.uniform(-1, 1) * (u - 0.5)
  scene = base * level[..., None].astype(np.float32)
  if person.background == 'blobs':
    for _ in range(12):
      spot = (rng.integers(width), rng.integers(height))
      radius = int(rng.uniform(0.04, 0.14) * min(height, width))
      colour = np.clip(base * rng.uniform(0.5, 1.5, 3), 0, 1)
      cv2.circle(scene, spot, radius, colour.tolist(), -1, cv2.LINE_AA)
  return cv2.GaussianBlur(scene, (0, 0), 0.008 * min(height, width))


def draw_body(
  person: synthetic_person.Person, rng: np.random.Generator
) -> synthetic_canvas.Layer:
  """Hair behind the neck, neck and shoulders, [400, 520] pixels."""
  grid = synthetic_canvas.make_grid(person, BODY_WIDTH, BODY_HEIGHT)
  x, y = np.abs(grid.x), grid.y
  shape = (*x.shape, 3)
  layer = synthetic_canvas.Layer(np.zeros(shape, np.float32), np.zeros_like(x))
  back = synthetic_hair.back_hair(person, grid)
  scarf = person.hair_style == 'scarf'
  fabric = synthetic_hair.cloth(person, grid)
  hair = synthetic_hair.strands(person, grid, rng)
  layer.paint(back, fabric * 0.8 if scarf else hair * 0.7)
  side = 1 + 0.5 * person.light[0] * np.tanh(grid.x / 45)
  # The head's shadow falls on the upper neck.
  dim = 0.5 + 0.35 * np.clip((y - 235) / 60, 0, 1)
  light = (0.95 * side * dim)[..., None]
  neck = 46 * person.face_width + 5 * person.jaw - 4 * np.sin((y - 215) / 25)
  neck = neck + 0.02 * np.clip(y - 255, 0, 40) ** 2
  mask = synthetic_canvas.edge(neck - x, 1.2) * synthetic_canvas.edge(
    y - 190, 4
  )
  layer.paint(mask, fabric * 0.85 if scarf else light * person.skin)
  slope = 276 + 34 * (x / 120) ** 2 + 60 * np.clip((x - 125) / 45, 0, None) ** 2
  collar = 268 + 0.35 * np.clip(44 - x, 0, None) ** 1.15
  top = np.where(
    x < 44, np.maximum(collar, slope - 12), slope - 0.25 * (x - 44)
  )
  shoulders = synthetic_canvas.edge(y - top, 1.5)
  level = 0.88 + 0.3 * person.light[0] * np.tanh(grid.x / 90)
  level = level - 0.2 * np.exp(-np.clip(y - top, 0, None) / 5)
  layer.paint(shoulders, level[..., None] * np.float32(person.clothes))
  return layer
