"""Where a track is cut into chunks, and the sound that belongs to each."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, audio, records, tracks

# 0.6 s: shorter chunks leave too few windows to choose from.
MIN_FRAMES = 15
SAMPLES_PER_FRAME = audio.SAMPLE_RATE // alignment.FPS
# Rows on either side that the mel's 800 sample window reaches, and one spare.
_MEL_MARGIN = 4


def spans(
  boxes: Sequence[tracks.CropBox | None], *, first: int = 0
) -> list[tuple[int, int]]:
  """(start, length) of the chunks: frames that all have a face.

  Starts are multiples of 5 frames (16 mel rows); what is left shorter than
  0.6 s is dropped.

  Args:
    boxes: of frame `first` and those after it; None where there is no face.
    first: frame.
  """
  found, frame = [], first
  for has_face, run in itertools.groupby(boxes, key=lambda b: b is not None):
    end = frame + len(list(run))
    start = -(-frame // records.CHUNK_STEP) * records.CHUNK_STEP
    while has_face and end - start >= MIN_FRAMES:
      length = min(records.CHUNK_FRAMES, end - start)
      found.append((start, length))
      start += length
    frame = end
  return found


def samples(sound: np.ndarray, start: int, length: int) -> np.ndarray:
  """int16 of `length` frames from `start`, with `AUDIO_CONTEXT` around.

  Zeros before the first and after the last sample.

  Args:
    sound: [n] int16, 16 kHz, the whole clip.
    start: frame.
    length: frames.

  Returns:
    [640 length + 2 AUDIO_CONTEXT] int16.
  """
  first = start * SAMPLES_PER_FRAME - records.AUDIO_CONTEXT
  padded = np.zeros(
    length * SAMPLES_PER_FRAME + 2 * records.AUDIO_CONTEXT, np.int16
  )
  missing = max(0, -first)
  there = sound[max(0, first) : first + len(padded)]
  padded[missing : missing + len(there)] = there
  return padded


def heard(sound: np.ndarray, start: int, length: int) -> dict:
  """The fields of a chunk that hold its sound, see `records.Chunk`."""
  return {
    'audio': samples(sound, start, length),
    'mel': mel_with_context(sound, start, length),
    'mel_context': records.MEL_CONTEXT,
  }


def make(
  pictures: Sequence[bytes],
  sound: np.ndarray,
  start: int,
  *,
  box: np.ndarray,
  face_crop: str,
) -> records.Chunk:
  """A chunk of nothing but media: whose it is, is for others to fill in.

  Args:
    pictures: JPEG of each frame.
    sound: [n] int16, 16 kHz, the whole clip.
    start: first frame, a multiple of 5.
    box, face_crop: see `records.Chunk`.
  """
  return records.Chunk(
    frames=pictures,
    num_frames=len(pictures),
    fps=float(alignment.FPS),
    clip_id='',
    speaker='',
    start_frame=start,
    box=box,
    face_crop=face_crop,
    **heard(sound, start, len(pictures)),
  )


def mel_rows(length: int) -> int:
  """How many rows of mel a chunk of so many frames has."""
  return alignment.window_start(length) + 2 * records.MEL_CONTEXT


def mel_with_context(sound: np.ndarray, start: int, length: int) -> np.ndarray:
  """The mel rows of `length` frames from `start`, with `MEL_CONTEXT` around.

  Equal to a slice of the whole clip's mel (a whole film's would fill the
  memory); rows before the first and after the last sample are silence.

  Args:
    sound: [n] int16, 16 kHz, the whole clip.
    start: frame, a multiple of 5.
    length: frames.

  Returns:
    [window_start(length) + 2 MEL_CONTEXT, 80] float32.
  """
  first = alignment.window_start(start) - records.MEL_CONTEXT
  rows = mel_rows(length)
  # Rows at the ends of the piece lack samples; the margin keeps them outside.
  low = max(0, first - _MEL_MARGIN)
  high = max(0, first + rows + _MEL_MARGIN)
  piece = audio.to_float(sound[low * audio.HOP : high * audio.HOP])
  mel = audio.mel_spectrogram(piece)
  window = alignment.window(mel, first - low, rows)
  return np.ascontiguousarray(window[..., 0].T)


def moved(sound: np.ndarray, lead: int) -> np.ndarray:
  """Sound that leads the picture by `lead` frames, put in its place.

  Args:
    sound: [n] int16.
    lead: frames; > 0 delays the sound, with zeros in front.
  """
  count = abs(lead) * SAMPLES_PER_FRAME
  if lead <= 0:
    return sound[count:]
  return np.concatenate([np.zeros(count, sound.dtype), sound])


def frames_of(sound: np.ndarray) -> int:
  """How many frames a sound is heard in; in the last perhaps not to its end."""
  return -(-len(sound) // SAMPLES_PER_FRAME)


def heard_part(
  start: int, frames: int, *, first: int, end: int
) -> tuple[int, int]:
  """Start and length of what is left of a chunk that is heard from..end.

  A chunk starts at a multiple of 5 frames; the length may be 0 or less.
  """
  step = records.CHUNK_STEP
  new = max(start, -(-first // step) * step)
  return new, min(start + frames, end) - new


def with_sound(
  chunk: records.Chunk, sound: np.ndarray, *, first: int = 0
) -> records.Chunk | None:
  """A chunk with another sound, without the frames that have none.

  Args:
    chunk: with the pictures.
    sound: [n] int16, the whole clip's.
    first: frame of the clip before which the sound is not heard.

  Returns:
    The chunk; None if less than 0.6 s of it is heard.
  """
  start, count = heard_part(
    chunk.start_frame, chunk.num_frames, first=first, end=frames_of(sound)
  )
  if count < MIN_FRAMES:
    return None
  here = slice(start - chunk.start_frame, start - chunk.start_frame + count)
  return dataclasses.replace(
    chunk,
    frames=chunk.frames[here],
    box=chunk.box[here],
    start_frame=start,
    num_frames=count,
    **heard(sound, start, count),
  )
