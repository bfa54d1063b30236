"""Whole chunks in batches, filled up to few different lengths.

For what is judged over time: offsets, and clips that are drawn. Filled up,
because every shape is a program to compile.
"""

from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, augment, records, sounds, windows

# Lengths are 28, 52 or 76 frames (the longest chunk has 75), which are 24, 48
# or 72 windows: multiples of what is looked at in one go.
STEP = 24


def padded_length(count: int) -> int:
  """The length that so many frames are filled up to."""
  more = windows.WINDOW - 1
  return -(-max(count - more, 1) // STEP) * STEP + more


def expert_clip(
  raw: bytes, *, image_size: int, sound: str
) -> dict[str, np.ndarray]:
  """A whole chunk for an expert, see `windows.clip_example`, and its length.

  Returns:
    frames, sound; length: [] int32, number of frames.
  """
  example = windows.clip_example(raw, image_size, sound)
  return example | {'length': np.int32(len(example['frames']))}


def generator_clip(
  raw: bytes,
  *,
  image_size: int,
  frame_sound: str,
  stills: int = 1,
  sound: str | None = None,
  reference_alignment: bool = False,
) -> dict[str, np.ndarray]:
  """A whole chunk for a generator, each frame with stills from elsewhere.

  Args:
    raw: a record.
    image_size: of the pictures.
    frame_sound: what the generator hears of a frame.
    stills: how many it takes with a frame.
    sound: what an expert hears, if one listens.
    reference_alignment: see `alignment.time_start`.

  Returns:
    frames: [t, size, size, 3] uint8 RGB; others: [t, stills] int32, the frames
    that are its stills, evenly spread over the rest of the chunk; frame_sounds:
    [t, bands, rows, 1] float32, the window of each frame; sound: as
    `windows.clip_example` has it; length: [] int32, number of frames.
  """
  record = records.parse(raw)
  count = record.num_frames
  away = [round(count * (i + 1) / (stills + 1)) for i in range(stills)]
  starts = [
    alignment.frame_start(
      f, frame_sound, reference_alignment=reference_alignment
    )
    for f in range(count)
  ]
  clip = {
    'frames': windows.all_frames(record, image_size),
    'others': (np.add.outer(np.arange(count), away) % count).astype(np.int32),
    'frame_sounds': sounds.windows(record, starts, frame_sound),
    'length': np.int32(count),
  }
  if sound is None:
    return clip
  starts = range(count - windows.WINDOW + 1)
  heard = windows.heard(record, starts, sound, augment.UNCHANGED)
  return clip | {'sound': heard}


def reconstruction_example(
  raw: bytes, image_size: int, sound: str, *, stills: int = 1
) -> dict[str, np.ndarray]:
  """A whole chunk, each frame with the pictures of its stills.

  Returns:
    frames, frame_sounds of `generator_clip`; reference: [t, stills, size, size,
    3] uint8 RGB.
  """
  clip = generator_clip(
    raw, image_size=image_size, frame_sound=sound, stills=stills
  )
  return {
    'frames': clip['frames'],
    'reference': clip['frames'][clip['others']],
    'frame_sounds': clip['frame_sounds'],
  }


def collate(clips: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
  """Stacks clips, all filled up (with their last row) for the longest."""
  whole = padded_length(max(int(clip['length']) for clip in clips))

  def filled(clip, name):
    value = clip[name]
    if not value.ndim:
      return value
    # As many rows are missing of frames as of windows.
    missing = whole - int(clip['length'])
    return np.pad(
      value, [(0, missing), *[(0, 0)] * (value.ndim - 1)], mode='edge'
    )

  return {
    name: np.stack([filled(clip, name) for clip in clips]) for name in clips[0]
  }
