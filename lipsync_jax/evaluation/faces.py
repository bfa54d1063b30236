"""The face squares of a source, used for all that is made of it.

Of one place in all rows: a detector that jumps on a dubbed mouth would
otherwise be measured with it.
"""

import collections
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from input_pipeline import (
  alignment,
  chunks,
  media,
  records,
  tracking,
  tracks,
  watching,
)

Squares = Sequence[tracks.CropBox | None]


class Piece(NamedTuple):
  """Consecutive frames of one face.

  Attributes:
    start: first frame, at 25 a second, a multiple of 5.
    crops: [t, s, s, 3] uint8 RGB, at most 75.
    boxes: t squares in the frames.
  """

  start: int
  crops: np.ndarray
  boxes: Sequence[tracks.CropBox]


def squares(
  path: pathlib.Path, detector: Callable, *, every: int
) -> list[tracks.CropBox | None]:
  """The most prominent face of every shot, frame by frame at 25 a second.

  Args:
    path: of the video.
    detector: see `input_pipeline.faces`.
    every: look for faces in every k-th frame.

  Returns:
    One square a frame, None where there is no face.

  Raises:
    MediaError: the video cannot be read.
  """
  found, cuts = watching.watch(
    media.read_pictures(path, fps=alignment.FPS, threads=1),
    detector,
    every=every,
  )
  by_shot = collections.defaultdict(list)
  for track in tracking.link(found, cuts, every=every):
    by_shot[track.shot].append(track)
  boxes: list[tracks.CropBox | None] = [None] * len(found)
  for rivals in by_shot.values():
    track = max(rivals, key=_prominence)
    first = track.frames[0]
    mine = tracks.smooth_track(track.detections(), fps=alignment.FPS)
    boxes[first : first + len(mine)] = mine
  return boxes


def _prominence(track: tracking.Track) -> float:
  """As `preparation.speakers` puts it: size times time."""
  size = np.median([look.size for look in track.looks])
  return float(size) * (track.frames[-1] - track.frames[0] + 1)


def fitted(boxes: Squares, count: int, fit: str) -> list:
  """The squares of an output of `count` frames, see `inference.schedule`."""
  n = len(boxes)
  order = range(n)
  if fit == 'bounce':
    order = [*range(n), *range(n - 2, 0, -1)]
  if not n or fit == 'cut':
    return list(boxes[:count])
  if fit == 'freeze':
    return [boxes[min(k, n - 1)] for k in range(count)]
  return [boxes[order[k % len(order)]] for k in range(count)]


def pieces(path: pathlib.Path, boxes: Squares, size: int) -> Iterator[Piece]:
  """Cuts the squares out of a video, piece by piece.

  Args:
    path: of the video, read at 25 frames a second.
    boxes: one a frame; what the video has more is left.
    size: of the crops.

  Raises:
    MediaError: it cannot be read.
  """
  pictures = enumerate(media.read_pictures(path, fps=alignment.FPS, threads=1))
  for start, length in chunks.spans(boxes):
    crops = []
    for k, picture in pictures:
      if k >= start:
        crops.append(tracks.crop_picture(picture, boxes[k], size))
      if k == start + length - 1:
        break
    if len(crops) < chunks.MIN_FRAMES:
      return
    yield Piece(start, np.stack(crops), boxes[start : start + len(crops)])


def chunk(piece: Piece, sound: np.ndarray) -> records.Chunk:
  """A piece with the sound it is heard with, as records have it.

  Args:
    piece: from `pieces`.
    sound: [n] int16, 16 kHz, of the whole video.
  """
  return chunks.make(
    [records.encode_frame(crop) for crop in piece.crops],
    sound,
    piece.start,
    box=np.array([(b.cx, b.cy, b.side) for b in piece.boxes], np.float32),
    face_crop=tracks.FACE_CROP,
  )
