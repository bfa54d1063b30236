"""The drawing board of the synthetic faces: coordinates, layers, soft edges.

A head is drawn on a canvas of 320 x 320 pixels whose coordinates are fixed
here: x to the right of the middle of the face, y down from the top.
"""

import dataclasses

import numpy as np

from input_pipeline import synthetic_person

SIZE = 320
CENTRE = (160.0, 150.0)  # x = 0; y = 150 stays put whatever the face height
BROW, EYE, NOSE, MOUTH, CHIN = 119.0, 137.0, 183.0, 209.0, 250.0
EYE_X = 33.0


@dataclasses.dataclass
class Layer:
  """A picture to lay over others: colour [h, w, 3] and alpha [h, w] in 0..1."""

  colour: np.ndarray
  alpha: np.ndarray

  def paint(self, mask: np.ndarray, colour) -> None:
    """Lays `colour` (RGB or [h, w, 3]) over the layer where mask is 1."""
    where = _touched(mask)
    mask, colour = mask[where], np.asarray(colour, np.float32)
    colour = colour[where] if colour.ndim == 3 else colour
    self.colour[where] += mask[..., None] * (colour - self.colour[where])
    self.alpha[where] += mask * (1 - self.alpha[where])

  def shade(self, amount: np.ndarray) -> None:
    """Multiplies the colour: 0.2 darkens by a fifth, -0.1 brightens."""
    where = _touched(amount)
    self.colour[where] *= 1 - amount[where][..., None]


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


def texture(layer, tint) -> np.ndarray:
  """[h, w, 4] uint8, colours multiplied by alpha."""
  colour = layer.colour * np.float32(tint) * layer.alpha[..., None]
  picture = np.dstack([np.clip(colour, 0, 1), layer.alpha])
  return np.round(255 * picture).astype(np.uint8)


def _touched(mask: np.ndarray) -> tuple[slice, slice]:
  """The rectangle outside which the mask is 0: most are small."""
  visible = np.abs(mask) > 1 / 512
  rows, columns = visible.any(1).nonzero()[0], visible.any(0).nonzero()[0]
  if not len(rows):
    return slice(0), slice(0)
  return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
