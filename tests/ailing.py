"""Clips whose sound fits their pictures exactly, and what can be wrong there.

Every picture is eight stripes, as bright as eight parts of its sound's spectrum
are loud, so that sync can be measured without any training.
"""

import math
import pathlib

import damage
import numpy as np

from input_pipeline import alignment, audio, records

FRAMES, STRIPES = 40, 8


def chunk(
  seed: int,
  *,
  lead: int = 0,
  sound: int | float | None = None,
  dark: bool = False,
  moving: bool = True,
  stored: float = math.nan,
) -> records.Chunk:
  """A clip of 40 frames.

  Args:
    seed: of its levels; also who speaks.
    lead: frames by which the sound is early.
    sound: the level of all of it; None: that of the pictures.
    dark: black pictures.
    moving: or all pictures alike.
    stored: the offset that the record tells.
  """
  context = records.MEL_CONTEXT
  count = 16 * FRAMES // 5 + 2 * context
  around = 24  # frames before and after, for sounds that are moved
  shape = (FRAMES + 2 * around, STRIPES)
  levels = np.random.default_rng(seed).uniform(0, 1, shape)
  frame_of_row = (np.arange(count) - context) * 5 // 16 + lead + around
  mel = np.float32(4 * levels[frame_of_row] - 2).repeat(80 // STRIPES, axis=1)
  if sound is not None:
    mel[:] = sound
  shown = levels[around : around + FRAMES] if moving else levels[:1]
  pictures = [
    np.full((16, 16, 3), 255 * x.repeat(16 // STRIPES)[:, None] * (not dark))
    for x in np.resize(shown, (FRAMES, STRIPES))
  ]
  return records.Chunk(
    frames=[records.encode_frame(x.astype(np.uint8)) for x in pictures],
    audio=np.zeros(640 * FRAMES + 2 * records.AUDIO_CONTEXT, np.int16),
    mel=mel,
    mel_context=context,
    num_frames=FRAMES,
    fps=25.0,
    clip_id=f'{seed}.mp4',
    speaker=f'{seed}',
    start_frame=0,
    box=np.zeros((FRAMES, 3), np.float32),
    sync_offset=stored,
  )


def write(folder: pathlib.Path, chunks) -> None:
  """The chunks to train on, the first of them to judge by as well."""
  damage.write(folder, chunks, 'train')
  damage.write(folder, chunks[:1], 'validation')


class Judge:
  """Hears what `chunk` says; in the place of a `measure.Judge`."""

  def pairs(self, chunk: records.Chunk) -> np.ndarray:
    starts = range(chunk.num_frames - 4)
    frames = records.decode_frames(chunk.frames).mean((1, 3))
    seen = [frames[s : s + 5].mean(0) for s in starts]
    heard = [
      chunk.mel[chunk.mel_context + alignment.window_start(s) :][:16].mean(0)
      for s in starts
    ]
    vectors = []
    for x in (seen, heard):
      x = np.reshape(x, (len(x), STRIPES, -1)).mean(-1)
      x = x - x.mean(0)
      vectors.append(x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9))
    return vectors[0] @ vectors[1].T


SILENT = float(audio.SILENCE)
