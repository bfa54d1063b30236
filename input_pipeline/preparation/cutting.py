"""Cutting the faces of all tracks out of a video, in one pass."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from input_pipeline import chunks, media, records, tracks
from input_pipeline.preparation import track_scores

_SHARPNESS_EVERY = 5  # frames


@dataclasses.dataclass
class Piece:
  """A chunk to be cut: frames start..end of the video, of one track.

  Attributes:
    track: number of the row.
    start, end: frames.
    boxes: the square of each frame.
    pictures: JPEG of those cut so far.
  """

  track: int
  start: int
  end: int
  boxes: Sequence[tracks.CropBox]
  pictures: list[bytes] = dataclasses.field(default_factory=list)


def plan(
  rows: Sequence[dict],
  squares: Sequence[Sequence[tracks.CropBox | None]],
  starts: Sequence[int],
  *,
  least_face: float,
) -> list[Piece]:
  """What to cut; writes into every row which pieces are its own.

  Args:
    rows: one per track.
    squares: of each track one per frame, None where there is no face.
    starts: first frame of each track.
    least_face: tracks of smaller faces (pixels of height) are left out.

  Returns:
    The pieces in the order in which they end, which is that of the records.
  """
  pieces = []
  for track, (row, boxes, first) in enumerate(
    zip(rows, squares, starts, strict=True)
  ):
    row['pieces'] = []
    if row['face_size'] < least_face:
      row['too_small'] = True
      continue
    # Chunks begin at multiples of 5 frames of the video, not of the track.
    for start, count in chunks.spans(boxes, first=first):
      here = boxes[start - first : start - first + count]
      pieces.append(Piece(track, start, start + count, here))
  pieces.sort(key=lambda piece: (piece.end, piece.track))
  for record, piece in enumerate(pieces):
    frames = piece.end - piece.start
    entry = {'record': record, 'start': piece.start, 'frames': frames}
    rows[piece.track]['pieces'].append(entry)
  return pieces


def cut(
  pictures: Iterable[media.Picture],
  pieces: Sequence[Piece],
  rows: Sequence[dict],
  sound: np.ndarray,
  *,
  size: int,
  quality: int,
) -> Iterator[records.Chunk]:
  """Yields the chunks of a plan; at the end rows have their `sharpness`.

  Args:
    pictures: of the video, at 25 a second.
    pieces: from `plan`.
    rows: one per track.
    sound: [n] int16 of the video.
    size, quality: of the stored faces.
  """
  sharp: list[list[float]] = [[] for _ in rows]
  waiting = sorted(pieces, key=lambda piece: piece.start, reverse=True)
  open_pieces: list[Piece] = []
  last = max((piece.end for piece in pieces), default=0)
  for k, picture in enumerate(pictures):
    if k >= last:
      break
    while waiting and waiting[-1].start == k:
      open_pieces.append(waiting.pop())
    for piece in open_pieces:
      face = tracks.crop_picture(picture, piece.boxes[k - piece.start], size)
      piece.pictures.append(records.encode_frame(face, quality=quality))
      if k % _SHARPNESS_EVERY == 0:
        sharp[piece.track].append(track_scores.sharpness(face))
    ended = [piece for piece in open_pieces if piece.end == k + 1]
    open_pieces = [piece for piece in open_pieces if piece.end > k + 1]
    for piece in sorted(ended, key=lambda piece: piece.track):
      yield _chunk(piece, sound)
      piece.pictures = []
  for row, values in zip(rows, sharp, strict=True):
    if values:
      row['sharpness'] = round(float(np.median(values)), 1)


def _chunk(piece: Piece, sound: np.ndarray) -> records.Chunk:
  box = np.array([(b.cx, b.cy, b.side) for b in piece.boxes], np.float32)
  return chunks.make(
    piece.pictures, sound, piece.start, box=box, face_crop=tracks.FACE_CROP
  )
