"""Draws a synthetic person frame by frame: mouth, jaw, blinks, head motion.

A head is painted once per clip (`synthetic_skin`, `synthetic_hair`); each frame
bends that picture (the chin drops with the mouth, the face turns a little),
draws mouth and eyes into it and lays it over body and background. That costs a
few milliseconds.
"""

import dataclasses

import cv2
import numpy as np

from input_pipeline import (
  synthetic_canvas,
  synthetic_eyes,
  synthetic_hair,
  synthetic_mouth,
  synthetic_person,
  synthetic_scene,
  synthetic_skin,
)

_SIZE = synthetic_canvas.SIZE
# What the frame is centred on, canvas pixels: a little above the middle of the
# face, so that the hair fits.
_PIVOT = (160.0, 158.0)
_TURN = 11.0  # how far the tip of the nose moves at full turn


@dataclasses.dataclass(frozen=True)
class Pose:
  """Head pose: shift (fraction of the frame), angle in degrees, scale, turn
  and nod in -1..1, closed 0..1 for the eyelids."""

  x: float = 0.0
  y: float = 0.0
  angle: float = 0.0
  scale: float = 1.0
  turn: float = 0.0
  nod: float = 0.0
  closed: float = 0.0


class Face:
  """One person in front of one background; `draw` makes frames.

  Args:
    person: who.
    height, width: of the frames.
    seed: of details that differ from clip to clip (background, hair, grain).
  """

  def __init__(
    self,
    person: synthetic_person.Person,
    *,
    height: int,
    width: int,
    seed: int,
  ):
    rng = np.random.default_rng([person.index, seed, 2])
    self._person, self._height, self._width = person, height, width
    grid = synthetic_canvas.make_grid(person)
    head, light = synthetic_skin.draw_skin(person, grid, rng)
    synthetic_hair.draw_beard(person, head, grid, light, rng)
    synthetic_eyes.draw_brows(person, head, grid)
    self._blinks = synthetic_eyes.draw_blinks(person, head, grid, light)
    synthetic_hair.draw_hair(person, head, grid, rng)
    self._head = synthetic_canvas.texture(head, person.tint)
    self._body = synthetic_canvas.texture(
      synthetic_scene.draw_body(person, rng), person.tint
    )
    scene = synthetic_scene.draw_background(person, height, width, rng)
    self._scene = np.clip(255 * scene, 0, 255).astype(np.uint8)
    self._noise = rng.normal(0, 1.6, (height + 64, width + 64, 3)).astype(
      np.int16
    )
    self._make_fields(grid, light)

  def _make_fields(self, grid, light) -> None:
    """How far each canvas pixel moves when the face turns and the jaw drops."""
    v, u = np.mgrid[:_SIZE, :_SIZE].astype(np.float32)
    self._u, self._v = u, v
    self._near = grid.bump(0, 165, 55, 75).astype(np.float32)
    lower = np.clip((grid.y - 204) / 52, 0, 1)
    lower = lower**2 * (3 - 2 * lower)
    self._jaw = (lower * (1 - 0.5 * np.clip(grid.x / 75, -1, 1) ** 2)).astype(
      np.float32
    )
    stretch = self._person.face_height
    across, down = synthetic_canvas.CENTRE
    down += (synthetic_canvas.MOUTH - down) * stretch
    self._mouth = np.array((across, down))
    rows, columns = _patch(self._mouth)
    self._lips = synthetic_mouth.make_lips(self._person, light[rows, columns])

  def draw(
    self, mouth: np.ndarray, pose: Pose, noise_at: tuple[int, int] = (0, 0)
  ) -> tuple[np.ndarray, np.ndarray]:
    """One frame.

    Args:
      mouth: [3] opening, width, rounding in 0..1.
      pose: of the head.
      noise_at: 0..63, which piece of the camera's noise to use.

    Returns:
      The frame [height, width, 3] uint8 RGB, and the box [4] float32 (x0, y0,
      x1, y1 in pixels) that holds the mouth whatever its shape.
    """
    head, centre = self._bend(mouth, pose)
    matrix = self._matrix(pose)
    frame = self._overlay(self._scene, self._body, self._body_matrix(pose))
    frame = self._overlay(frame, head, matrix)
    top, left = noise_at
    noise = self._noise[top : top + self._height, left : left + self._width]
    frame = cv2.add(frame, noise, dtype=cv2.CV_8U)
    return frame, _mouth_box(matrix, centre, self._person.face_height)

  def _bend(self, mouth, pose):
    """The head [320, 320, 4] with this mouth, and the mouth's centre."""
    head = self._head
    level = round(pose.closed * (synthetic_eyes.BLINK_LEVELS - 1))
    if level:
      head = head.copy()
      head[synthetic_eyes.ROWS, :, :3] += self._blinks[
        level
      ]  # modulo 256: exact
    turn, nod = _TURN * pose.turn, _TURN * pose.nod
    drop = synthetic_mouth.JAW_DROP * float(mouth[0])
    head = cv2.remap(
      head,
      self._u - np.float32(turn) * self._near,
      self._v - np.float32(nod) * self._near - np.float32(drop) * self._jaw,
      cv2.INTER_LINEAR,
    )
    near = self._near[tuple(self._mouth[::-1].astype(int))]
    centre = self._mouth + (turn * near, nod * near)
    rows, columns = _patch(centre)
    corner = np.array((columns.start, rows.start))
    patch = head[rows, columns, :3]
    drawn = synthetic_mouth.draw(patch, self._lips, mouth, centre - corner)
    patch[: len(drawn)] = np.clip(drawn, 0, 255)
    return head, centre

  def _matrix(self, pose: Pose) -> np.ndarray:
    """[2, 3] canvas -> frame."""
    side = min(self._height, self._width)
    scale = self._person.scale * pose.scale * side / 256
    matrix = cv2.getRotationMatrix2D(_PIVOT, pose.angle, scale)
    matrix[0, 2] += self._width / 2 - _PIVOT[0] + pose.x * side
    matrix[1, 2] += self._height / 2 - _PIVOT[1] + pose.y * side
    return matrix

  def _body_matrix(self, pose: Pose) -> np.ndarray:
    """Shoulders follow the head half of the way and do not tilt."""
    calm = Pose(0.6 * pose.x, 0.6 * pose.y, 0.15 * pose.angle, pose.scale)
    matrix = self._matrix(calm)
    aside = (synthetic_scene.BODY_WIDTH - _SIZE) / 2
    matrix[:, 2] -= matrix[:, 0] * aside
    return matrix

  def _overlay(self, below, above, matrix) -> np.ndarray:
    """`above` has its colour multiplied by alpha already."""
    warped = cv2.warpAffine(
      above,
      matrix,
      (self._width, self._height),
      flags=cv2.INTER_LINEAR,
      borderMode=cv2.BORDER_CONSTANT,
    )
    alpha = cv2.cvtColor(255 - warped[..., 3], cv2.COLOR_GRAY2RGB)
    kept = cv2.multiply(below, alpha, scale=1 / 255)
    return cv2.add(kept, cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB))


def _patch(centre) -> tuple[slice, slice]:
  left = round(centre[0]) - synthetic_mouth.HALF_WIDTH
  top = round(centre[1]) - synthetic_mouth.UP
  return (
    slice(top, top + synthetic_mouth.UP + synthetic_mouth.DOWN),
    slice(left, left + 2 * synthetic_mouth.HALF_WIDTH),
  )


def _mouth_box(matrix, centre, stretch) -> np.ndarray:
  """Ends at the chin of a closed mouth: what is below may be a neck."""
  low = 39 * stretch
  corners = np.array([(-36, -16), (36, -16), (-36, low), (36, low)]) + centre
  points = corners @ matrix[:, :2].T + matrix[:, 2]
  return np.concatenate([points.min(0), points.max(0)]).astype(np.float32)
