"""Clips whose sound fits their pictures exactly, and what can be wrong there.

The grey level of a picture is the level of its sound, so that sync can be
measured without any training.
"""

import math
import pathlib

import damage
import numpy as np

from input_pipeline import alignment, audio, records

FRAMES = 40


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
  levels = np.random.default_rng(seed).uniform(0, 1, FRAMES + 2 * around)
  frame_of_row = (np.arange(count) - context) * 5 // 16 + lead + around
  mel = np.empty((count, 80), np.float32)
  mel[:] = (4 * levels[frame_of_row] - 2)[:, None]
  mel += 0.3 * np.sin(np.arange(80))
  if sound is not None:
    mel[:] = sound
  shown = levels[around : around + FRAMES]
  texture = 40 * np.sin(np.arange(16))[:, None, None]
  pictures = [
    np.clip(60 + 100 * x * moving + texture, 0, 255) * (not dark) for x in shown
  ]
  return records.Chunk(
    frames=[
      records.encode_frame(
        np.broadcast_to(picture, (16, 16, 3)).astype(np.uint8)
      )
      for picture in pictures
    ],
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
    grey = np.array([records.decode_frame(x).mean() for x in chunk.frames])
    starts = range(chunk.num_frames - 4)
    seen = [grey[s : s + 5].mean() for s in starts]
    heard = [
      chunk.mel[chunk.mel_context + alignment.window_start(s) :][:16].mean()
      for s in starts
    ]
    seen, heard = (
      (np.array(x) - np.mean(x)) / (np.std(x) + 1e-9) for x in (seen, heard)
    )
    return np.exp(-50 * (seen[:, None] - heard[None, :]) ** 2)


SILENT = float(audio.SILENCE)
