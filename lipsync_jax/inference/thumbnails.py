"""The picture on which a person chooses a face."""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np

from input_pipeline import faces, media

_MAX_SIDE = 960
# Looked at this often, in seconds: faces that come into view do so slowly.
_STEP = 0.2
_CHOSEN, _OTHER = (79, 70, 229), (255, 255, 255)


@dataclasses.dataclass(frozen=True, eq=False)
class Thumbnail:
  """The first picture in which faces are found.

  Attributes:
    image: uint8 RGB [h, w, 3], upright, long side at most 960.
    scale: pixels of the video per pixel of `image`.
    seconds: when it is shown.
    faces: left to right, in pixels of the video; empty: none was found, and
      the picture is the first.
  """

  image: np.ndarray
  scale: float
  seconds: float
  faces: tuple[faces.Detection, ...]

  def at(self, x: float, y: float) -> int | None:
    """Which face a click at x, y of `image` means; None: none of them.

    It is the nearest, as long as the click is no further from its box than half
    the face: fingers are broad.
    """
    point = np.array([x, y]) * self.scale
    best, least = None, np.inf
    for index, face in enumerate(self.faces):
      x0, y0, x1, y1 = face.box
      outside = point - point.clip((x0, y0), (x1, y1))
      # Within overlapping boxes the nearer centre wins.
      distance = np.hypot(*outside) or -1 / (1 + self._from_centre(face, point))
      if distance < min(least, face.size / 2):
        best, least = index, distance
    return best

  def point(self, index: int) -> str:
    """The middle of a face as the engine's option `face`: 'x,y'."""
    x0, y0, x1, y1 = self.faces[index].box
    height, width = (np.array(self.image.shape[:2]) * self.scale).round()
    # A box may reach beyond the picture.
    x = min(max((x0 + x1) / 2, 0), width - 1)
    y = min(max((y0 + y1) / 2, 0), height - 1)
    return f'{round(x)},{round(y)}'

  def draw(self, chosen: int | None = None) -> np.ndarray:
    """A copy of `image` with numbered boxes, from 1; the chosen one stands out.

    A single face has no number: there is nothing to choose.
    """
    image = self.image.copy()
    unit = max(image.shape) / 480
    for index, face in enumerate(self.faces):
      x0, y0, x1, y1 = (round(v / self.scale) for v in face.box)
      colour = _CHOSEN if index == chosen else _OTHER
      width = max(2, round((4 if index == chosen else 2) * unit))
      # A dark rim, or white would vanish before a white wall.
      cv2.rectangle(
        image, (x0, y0), (x1, y1), (0, 0, 0), width + 2, cv2.LINE_AA
      )
      cv2.rectangle(image, (x0, y0), (x1, y1), colour, width, cv2.LINE_AA)
      if len(self.faces) > 1:
        _label(image, str(index + 1), (x0, y0), colour, unit)
    return image

  def _from_centre(self, face: faces.Detection, point: np.ndarray) -> float:
    x0, y0, x1, y1 = face.box
    return float(np.hypot(*(point - ((x0 + x1) / 2, (y0 + y1) / 2))))


def find(path, detector: Callable, *, seconds: float = 5.0) -> Thumbnail:
  """Looks for faces in the beginning of a video, or in a picture.

  Args:
    path: any file FFmpeg reads.
    detector: see `input_pipeline.faces`.
    seconds: how far to look.

  Raises:
    MediaError: the file cannot be read.
  """
  first, due = None, 0.0
  for picture in media.read_pictures(path, stop=seconds):
    if first is not None and picture.time < due - 1e-6:
      continue
    due = picture.time + _STEP
    # One picture is enlarged for detection and people alike: no second look at
    # the frame is needed, and detectors look at 640 pixels anyway.
    image, scale = picture.small(_MAX_SIDE)
    found = [_enlarged(face, scale) for face in detector(image)]
    if found:
      found.sort(key=lambda face: face.box[0] + face.box[2])
      return Thumbnail(image, scale, picture.time, tuple(found))
    first = first or Thumbnail(image, scale, picture.time, ())
  if first is None:
    raise media.MediaError(f'{path}: holds no picture.')
  return first


def _enlarged(face: faces.Detection, scale: float) -> faces.Detection:
  return dataclasses.replace(
    face,
    box=tuple(v * scale for v in face.box),
    landmarks=None if face.landmarks is None else face.landmarks * scale,
  )


def _label(image, text, corner, colour, unit) -> None:
  """A number on a patch of `colour`, inside the box's upper left corner."""
  font, size, width = cv2.FONT_HERSHEY_DUPLEX, 0.7 * unit, max(1, round(unit))
  (w, h), _ = cv2.getTextSize(text, font, size, width)
  margin = round(6 * unit)
  x, y = max(corner[0], 0), max(corner[1], 0)
  end = x + w + 2 * margin, y + h + 2 * margin
  cv2.rectangle(image, (x, y), end, colour, cv2.FILLED)
  ink = (255, 255, 255) if colour == _CHOSEN else (0, 0, 0)
  place = x + margin, y + h + margin
  cv2.putText(image, text, place, font, size, ink, width, cv2.LINE_AA)
