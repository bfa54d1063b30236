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

from input_pipeline import (
  alignment,
  audio,
  chunks,
  media,
  prepared,
  records,
  splits,
)

# Name of the crop convention: boxes of S3FD, not smoothed, squashed.
FACE_CROP = 'wav2lip'

_SOUND = 'audio.wav'


def prepare_folder(
  folder: str | os.PathLike,
  *,
  size: int,
  quality: int,
  clip_id: str,
  speaker: str,
  licence: str = '',
) -> prepared.Prepared:
  """Prepares one folder of numbered face crops.

  Args:
    folder: with 0.jpg, 1.jpg, ... and audio.wav, at any rate.
    size: of the stored pictures, pixels.
    quality: of their JPEG, 0..100.
    clip_id: name of the clip within the data set.
    speaker: who speaks.
    licence: of the footage, in words.

  Returns:
    One row, complete at once, and the chunks of its only track. A folder that
    cannot be used has `kept` false, a stage and a reason; a picture that cannot
    be read counts as a frame without a face.

  Raises:
    OSError: the disk cannot be read; nothing about the content raises.
  """
  folder = pathlib.Path(folder)
  row = {
    'path': clip_id,
    'speaker': speaker,
    'split': '',  # decided when all clips are known
    'licence': licence,
    'kept': False,
    'reason': '',
    'stage': '',
    'chunks': 0,
    'seconds': 0.0,
    'face_crop': FACE_CROP,
  }
  sound = np.zeros(0, np.int16)

  def dropped(stage: str, reason: str) -> prepared.Prepared:
    row.update(stage=stage, reason=reason)
    return prepared.Prepared([row], sound, iter(()))

  names = {
    int(path.stem): path
    for path in sorted(folder.iterdir())
    if splits.is_numbered_frame(path.name)
  }
  if not names:
    return dropped('read', 'no numbered jpgs')
  try:
    sound = media.read_audio_int16(folder / _SOUND)
  except media.MediaError as error:
    why = str(error).removeprefix(f'{folder / _SOUND}: ').rstrip('.')
    return dropped('sound', f'{_SOUND} cannot be read: {why}')
  if audio.is_silent(sound):
    return dropped('sound', 'the sound is silent')
  row['fps'] = float(alignment.FPS)
  row['duration'] = round(len(sound) / audio.SAMPLE_RATE, 3)
  # Pictures that nothing is heard to are of no use; the last may be cut short.
  heard = -(-len(sound) // chunks.SAMPLES_PER_FRAME)
  names = {k: names[k] for k in sorted(names) if k < heard}
  readable = _examine(names, row, size)
  if not readable:
    return dropped('read', 'no picture can be read that has sound')
  frames = [k if k in readable else None for k in range(max(readable) + 1)]
  spans = chunks.spans(frames)
  if not spans:
    seconds = chunks.MIN_FRAMES / alignment.FPS
    return dropped('track', f'the face never stays for {seconds} s')
  row['kept'] = True
  row['chunks'] = len(spans)
  row['seconds'] = sum(count for _, count in spans) / alignment.FPS
  pieces = _cut(names, row, sound, spans, size=size, quality=quality)
  return prepared.Prepared([row], sound, pieces)


def _examine(names: dict[int, pathlib.Path], row: dict, size: int) -> set[int]:
  """The frames that can be read; fills the row with what is seen in them."""
  heights, sharpness = {}, []
  for number, path in names.items():
    picture = _read(path)
    if picture is not None:
      heights[number] = len(picture)
      grey = cv2.cvtColor(_squash(picture, size), cv2.COLOR_RGB2GRAY)
      sharpness.append(cv2.Laplacian(grey, cv2.CV_64F).var())
  if heights:
    first, last = min(heights), max(heights)
    row.update(
      frames=last + 1,
      shot=0,
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
  row: dict,
  sound: np.ndarray,
  spans: list[tuple[int, int]],
  *,
  size: int,
  quality: int,
) -> Iterator[records.Chunk]:
  """Reads the pictures again and yields the chunks in order."""
  for start, length in spans:
    pictures = [_read(names[k]) for k in range(start, start + length)]
    yield records.Chunk(
      frames=[
        records.encode_frame(_squash(picture, size), quality=quality)
        for picture in pictures
      ],
      audio=chunks.samples(sound, start, length),
      mel=chunks.mel_with_context(sound, start, length),
      mel_context=records.MEL_CONTEXT,
      num_frames=length,
      fps=float(alignment.FPS),
      clip_id=row['path'],
      speaker=row['speaker'],
      start_frame=start,
      box=np.full((length, 3), np.nan, np.float32),
      face_crop=FACE_CROP,
      licence=row['licence'],
    )


def _read(path: pathlib.Path) -> np.ndarray | None:
  """[h, w, 3] uint8 RGB; None if the file is damaged."""
  data = path.read_bytes()
  try:
    return records.decode_frame(data)
  except ValueError:
    return None


def _squash(picture: np.ndarray, size: int) -> np.ndarray:
  shrinks = min(picture.shape[:2]) > size
  method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
  return cv2.resize(picture, (size, size), interpolation=method)
