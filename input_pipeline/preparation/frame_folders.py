"""What the original's preprocess.py wrote, to chunks, without the videos.

Such a folder holds `audio.wav` and the tight face crops `0.jpg`, `1.jpg`, ...,
each of its own size and shape. The number is the frame's index in the video,
which is taken to have 25 frames per second, as the original does; a number is
missing where no face was found. Crops are squashed to a square, as the
original's training does. Where they lay in the video is not known.
"""

import os
import pathlib
import statistics
from collections.abc import Iterator

import cv2
import numpy as np

from input_pipeline import alignment, audio, chunks, media, records, splits
from input_pipeline.preparation import prepared, track_scores

# Name of the crop convention: boxes of S3FD, not smoothed, squashed.
FACE_CROP = 'wav2lip'

_SOUND = 'audio.wav'


def prepare_folder(
  folder: str | os.PathLike, *, size: int, quality: int
) -> prepared.Prepared:
  """All of one folder of numbered face crops, as one track.

  Args:
    folder: with 0.jpg, 1.jpg, ... and audio.wav, at any rate.
    size: of the stored pictures, pixels.
    quality: of their JPEG, 0..100.

  Returns:
    One row, and its chunks. A folder that cannot be used has `kept` false, a
    stage and a reason; a picture that cannot be read counts as a frame without
    a face.

  Raises:
    OSError: the disk cannot be read; nothing about the content raises.
  """
  folder = pathlib.Path(folder)
  row = {'kept': False, 'stage': '', 'reason': '', 'face_crop': FACE_CROP}
  names = {
    int(path.stem): path
    for path in sorted(folder.iterdir())
    if splits.is_numbered_frame(path.name)
  }
  if not names:
    return prepared.dropped(row, 'read', 'no numbered jpgs')
  try:
    sound = media.read_audio_int16(folder / _SOUND)
  except media.MediaError as error:
    why = str(error).removeprefix(f'{folder / _SOUND}: ').rstrip('.')
    return prepared.dropped(row, 'sound', f'{_SOUND} cannot be read: {why}')
  if audio.is_silent(sound):
    return prepared.dropped(row, 'sound', 'the sound is silent')
  row['fps'] = float(alignment.FPS)
  row['duration'] = round(len(sound) / audio.SAMPLE_RATE, 3)
  # Pictures that nothing is heard to are of no use; the last may be cut short.
  row['sound_frames'] = heard = chunks.frames_of(sound)
  names = {k: names[k] for k in sorted(names) if k < heard}
  readable = _examine(names, row, size)
  if not readable:
    why = 'no picture can be read that has sound'
    return prepared.dropped(row, 'read', why)
  speaking = track_scores.speaking(sound)[min(readable) : max(readable) + 1]
  row['speech'] = round(float(speaking.mean()), 3) if len(speaking) else 0.0
  frames = [k if k in readable else None for k in range(max(readable) + 1)]
  row['pieces'] = [
    {'record': k, 'start': start, 'frames': count}
    for k, (start, count) in enumerate(chunks.spans(frames))
  ]
  pieces = _cut(names, row['pieces'], sound, size=size, quality=quality)
  return prepared.Prepared([row], sound, pieces)


def _examine(names: dict[int, pathlib.Path], row: dict, size: int) -> set[int]:
  """The frames that can be read; fills the row with what is seen in them."""
  heights, sharpness = {}, []
  for number, path in names.items():
    picture = _read(path)
    if picture is not None:
      heights[number] = len(picture)
      sharpness.append(track_scores.sharpness(_squash(picture, size)))
  if heights:
    first, last = min(heights), max(heights)
    row.update(
      frames=last + 1,
      shot=0,
      shots=1,
      shot_start=0.0,
      shot_end=round((last + 1) / alignment.FPS, 3),
      track=0,
      start=round(first / alignment.FPS, 3),
      end=round((last + 1) / alignment.FPS, 3),
      face_size=float(statistics.median(heights.values())),
      face_fraction=round(len(heights) / (last + 1 - first), 4),
      sharpness=round(float(np.median(sharpness)), 2),
    )
  return set(heights)


def _cut(
  names: dict[int, pathlib.Path],
  pieces: list[dict],
  sound: np.ndarray,
  *,
  size: int,
  quality: int,
) -> Iterator[records.Chunk]:
  """Reads the pictures again and yields the chunks in order."""
  for piece in pieces:
    start, length = piece['start'], piece['frames']
    pictures = [_read(names[k]) for k in range(start, start + length)]
    yield chunks.make(
      [
        records.encode_frame(_squash(picture, size), quality=quality)
        for picture in pictures
      ],
      sound,
      start,
      box=np.full((length, 3), np.nan, np.float32),
      face_crop=FACE_CROP,
    )


def _read(path: pathlib.Path) -> np.ndarray | None:
  """[h, w, 3] uint8 RGB; None if it is damaged, or no file that opens."""
  try:
    return records.decode_frame(path.read_bytes()) if path.is_file() else None
  except (ValueError, OSError):
    return None


def _squash(picture: np.ndarray, size: int) -> np.ndarray:
  shrinks = min(picture.shape[:2]) > size
  method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
  return cv2.resize(picture, (size, size), interpolation=method)
