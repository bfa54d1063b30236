"""One record to the examples experts learn from: true and false sounds."""

import zlib
from collections.abc import Sequence

import numpy as np

from input_pipeline import augment, records, sounds, windows

# Two windows this close (in frames) cannot be told apart by ear or eye; pairs
# of them are no valid "out of sync" examples.
MIN_OFFSET = 2


def expert_example(
  raw: bytes,
  rng: np.random.Generator,
  options: windows.Options,
  source: Sequence[bytes],
) -> dict[str, np.ndarray]:
  """Several windows of one clip, each with its true and a false sound.

  A false sound is at least MIN_OFFSET frames away in the same chunk, or comes
  from another clip of `source` altogether.

  Returns:
    frames: [n, 5, size, size, 3] uint8 RGB; sound, false_sound: [n, bands,
    rows, 1] float32; start: [n] int32, first frame of each window in its clip;
    clip: [] int32, a hash of the clip's name.
  """
  record = records.parse(raw)
  last = record.num_frames - windows.WINDOW
  starts = _spread_starts(last, options.windows_per_clip, rng)
  change = augment.draw(options.augmentation, rng)
  chosen = np.add.outer(starts, np.arange(windows.WINDOW))
  # Windows overlap; each picture is decoded once.
  wanted, places = np.unique(chosen, return_inverse=True)
  pictures = windows.pictures(record, wanted)
  images = augment.frames(pictures, options.image_size, change)
  return {
    'frames': images[places.reshape(chosen.shape)],
    'sound': windows.heard(record, starts, options.sound, change),
    'false_sound': sounds.transform(
      np.stack([_false_sound(record, s, rng, options, source) for s in starts]),
      options.sound,
      change,
    ),
    'start': np.asarray(starts, np.int32) + np.int32(record.start_frame),
    'clip': np.int32(zlib.crc32(record.clip_id.encode()) >> 1),
  }


def _spread_starts(
  last: int, count: int, rng: np.random.Generator
) -> list[int]:
  """`count` starts in 0..last, MIN_OFFSET apart while there is room."""
  gap = MIN_OFFSET if last >= (count - 1) * MIN_OFFSET else 0
  free = last - (count - 1) * gap
  picks = np.sort(rng.integers(free + 1, size=count))
  return [int(p) + i * gap for i, p in enumerate(picks)]


def _false_sound(record, start, rng, options, source) -> np.ndarray:
  """[bands, rows, 1] float32 from elsewhere, as it was recorded."""
  elsewhere, pick = rng.random(), rng.integers(len(source))
  if elsewhere < options.other_clip:
    other = records.parse(source[int(pick)])
    if other.clip_id != record.clip_id:
      moved = int(rng.integers(other.num_frames - windows.WINDOW + 1))
      return windows.heard(other, [moved], options.sound)[0]
  last = record.num_frames - windows.WINDOW
  farthest = options.max_shift or last
  low, high = max(0, start - farthest), min(last, start + farthest)
  moved = low + windows.other_start(start - low, high - low, MIN_OFFSET, rng)
  return windows.heard(record, [moved], options.sound)[0]
