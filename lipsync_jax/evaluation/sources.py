"""A source video as all rows of the benchmark are compared with it."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

from input_pipeline import media, mouth_opening, pauses
from lipsync_jax.evaluation import faces
from lipsync_jax.judging import silence


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
  """What is known of a video before anything is made of it.

  Attributes:
    path: of the file.
    boxes: square of each frame at 25 a second, None without a face.
    sound: [n] int16, 16 kHz.
    openings: [t] of its mouth, nan without a face.
    scale: of the openings; None if the mouth hardly moves.
  """

  path: pathlib.Path
  boxes: faces.Squares
  sound: np.ndarray
  openings: np.ndarray
  scale: silence.Scale | None


def look(
  path: pathlib.Path, detector: Callable, *, every: int, size: int
) -> Source:
  """Finds the face of a video, and how its mouth moves.

  Args:
    path: of the video.
    detector: see `input_pipeline.faces`.
    every: look for faces in every k-th frame.
    size: of the crops its mouth is measured in.

  Raises:
    MediaError: it cannot be read, or has no sound.
    ValueError: there is no face in it for 0.6 s on end.
  """
  sound = media.read_audio_int16(path)
  boxes = faces.squares(path, detector, every=every)
  openings, quiet = np.full(len(boxes), np.nan), np.zeros(len(boxes), bool)
  for piece in faces.pieces(path, boxes, size):
    here = slice(piece.start, piece.start + len(piece.crops))
    openings[here] = mouth_opening.in_crops(piece.crops)
    quiet[here] = pauses.quiet_frames(faces.chunk(piece, sound))
  seen = ~np.isnan(openings)
  if not seen.any():
    raise ValueError(f'{path}: no face for 0.6 s on end; nothing to measure.')
  scale = silence.scale(openings[seen], quiet[seen])
  return Source(path, boxes, sound, openings, scale)
