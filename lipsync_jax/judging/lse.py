"""LSE-D and LSE-C of a cropped video, as Wav2Lip's evaluation takes them.

`SyncNetInstance.evaluate` of Rudrabha/Wav2Lip (evaluation/scores_LSE) and of
joonson/syncnet_python 6efbb1c: frames as they are in the file, the whole of
each squashed to the expert's size, coded as JPEG on the way; the sound as the
ffmpeg command decodes it; N - 5 windows of N frames. What is read from them is
in `metrics.syncnet_python`. Any expert can be asked; what its numbers may be
called is in `lse_names`.
"""

import dataclasses
import os
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import jax
import numpy as np

from input_pipeline import alignment, audio, media, sounds
from lipsync_jax.judging import measure
from lipsync_jax.metrics import syncnet_python

BATCH_SIZE = 20  # windows, as in the original

# The MFCC of N frames have 4 N - 1 rows, so that the last window of five frames
# has only 19 of its 20: the original leaves it out, N - 5 instead of N - 4.
_MISSED = alignment.WINDOW_FRAMES
_PER_FRAME = audio.SAMPLE_RATE // alignment.FPS


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
  """One cropped video, or one face track of a video.

  Attributes:
    reading: offset, least distance and so on.
    frames: of the picture.
    samples: of the sound, 16 kHz; frames or samples that the other lacks are
      left out at the end.
    windows: that were compared.
  """

  reading: syncnet_python.Reading
  frames: int
  samples: int
  windows: int


def load(run: str | os.PathLike) -> measure.Judge:
  """An expert to be read by Euclidean distances.

  Those of experts that were trained by cosines have embeddings of length one.

  Raises:
    checkpoint.CheckpointError: see `measure.load`.
  """
  return measure.load(run, distances=True)


def read_video(
  judge: Any,
  path: str | os.PathLike,
  *,
  jpeg: bool = True,
  max_offset: int = syncnet_python.MAX_OFFSET,
) -> Clip:
  """One video that is cropped already ("LRS mode"), 25 frames a second.

  Args:
    judge: from `load`.
    path: any file PyAV reads.
    jpeg: with the loss of the JPEG files that the original reads back.
    max_offset: see `syncnet_python.distance_rows`.

  Raises:
    media.MediaError: it cannot be decoded, has no sound, or another frame rate.
    ValueError: it is too short.
  """
  samples = media.command_sound(path)
  trip = media.JpegTrip()
  frames = (
    trip.picture(picture) if jpeg else picture.image()
    for picture in media.command_pictures(path)
  )
  return read(judge, frames, samples, max_offset=max_offset)


def read(
  judge: Any,
  frames: Iterable[np.ndarray],
  samples: np.ndarray,
  *,
  max_offset: int = syncnet_python.MAX_OFFSET,
  batch_size: int = BATCH_SIZE,
) -> Clip:
  """Frames with their sound; holds a batch of them at a time.

  Args:
    judge: from `load`, or what embeds in its place.
    frames: [h, w, 3] uint8 RGB, 25 a second.
    samples: [n] int16, 16 kHz mono, from the first frame on.
    max_offset: see `syncnet_python.distance_rows`.
    batch_size: windows that are embedded at once; does not change the result.

  Raises:
    ValueError: fewer than six frames have both.
  """
  count = 0

  def counted():
    nonlocal count
    for frame in frames:
      count += 1
      yield frame

  rows = list(
    syncnet_python.distance_rows(
      embeddings(judge, counted(), samples, batch_size=batch_size),
      max_offset=max_offset,
    )
  )
  if not rows:
    raise ValueError(
      f'too short: {count} frames and {len(samples) / audio.SAMPLE_RATE:.2f} s '
      f'of sound, at least {_MISSED + 1} frames of both are needed.'
    )
  table = np.concatenate(rows)
  found = syncnet_python.read(table)
  return Clip(found, count, len(samples), len(table))


def embeddings(
  judge: Any,
  frames: Iterable[np.ndarray],
  samples: np.ndarray,
  *,
  batch_size: int = BATCH_SIZE,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
  """Each picture window and each sound window once, in batches.

  Args:
    judge, frames, samples, batch_size: as for `read`.

  Yields:
    Two [n, d] float32, n <= batch_size: of pictures and of sounds; N - 5 in
    all, of the N frames that have both.
  """
  both = len(samples) // _PER_FRAME
  size = (judge.image_size, judge.image_size)
  held, first = [], 0
  for number, frame in enumerate(frames):
    if number >= both:
      continue  # Counted by those who feed us.
    held.append(cv2.resize(frame, size))
    if len(held) == batch_size + _MISSED:
      yield _embed(judge, held, samples, first, batch_size)
      held, first = held[batch_size:], first + batch_size
  if len(held) > _MISSED:
    yield _embed(judge, held, samples, first, batch_size)


def _embed(
  judge: Any,
  frames: list[np.ndarray],
  samples: np.ndarray,
  first: int,
  batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
  """Windows from frame `first` on; the last frame is not looked at."""
  count = len(frames) - _MISSED
  sound = sounds.clip_windows(samples, first, first + count, judge.sound)
  more = ((0, batch_size - count), *[(0, 0)] * 3)
  # Accelerators multiply with fewer digits unless they are told not to.
  with jax.default_matmul_precision('float32'):
    face, heard = judge.embed(
      np.pad(np.stack(frames[:-1]), more, mode='edge'),
      np.pad(sound, more, mode='edge'),
    )
  face, heard = jax.device_get((face, heard))
  return face[:count], heard[:count]
