"""One record to one example: which frames, which sound, which reference.

Mel rows are found by `alignment` alone. Records carry rows of sound from
before and after the chunk, so windows at its ends hear what was really there.
"""

import dataclasses
import zlib
from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, augment, records

WINDOW = alignment.WINDOW_FRAMES

# Two windows this close (in frames) cannot be told apart by ear or eye; pairs
# of them are no valid "out of sync" examples.
MIN_OFFSET = 2


@dataclasses.dataclass(frozen=True)
class Options:
  """What every example is made with."""

  image_size: int = 96
  augmentation: augment.Augmentation = augment.NONE
  reference_alignment: bool = False
  windows_per_clip: int = 4  # expert examples only
  other_clip: float = 0.5  # share of false sounds taken from another clip


def generator_example(
  raw: bytes, rng: np.random.Generator, options: Options
) -> dict[str, np.ndarray]:
  """Five consecutive frames, their sound and a reference from another moment.

  Returns:
    frames, reference: [5, size, size, 3] uint8 RGB; mel: [80, 16, 1] float32,
    the sound of the five frames; frame_mels: [5, 80, 16, 1] float32, the
    window of each.
  """
  record = records.parse(raw)
  last = record.num_frames - WINDOW
  start = int(rng.integers(last + 1))
  other = _other_start(start, last, WINDOW, rng)
  change = augment.draw(options.augmentation, rng)
  chosen = [*range(start, start + WINDOW), *range(other, other + WINDOW)]
  images = augment.frames(_pictures(record, chosen), options.image_size, change)
  starts = [
    alignment.frame_start(
      frame, reference_alignment=options.reference_alignment
    )
    for frame in range(start, start + WINDOW)
  ]
  sounds = _sounds(record, [alignment.window_start(start), *starts], change)
  return {
    'frames': images[:WINDOW],
    'reference': images[WINDOW:],
    'mel': sounds[0],
    'frame_mels': sounds[1:],
  }


def expert_example(
  raw: bytes,
  rng: np.random.Generator,
  options: Options,
  source: Sequence[bytes],
) -> dict[str, np.ndarray]:
  """Several windows of one clip, each with its true and a false sound.

  A false sound is at least MIN_OFFSET frames away in the same chunk, or comes
  from another clip of `source` altogether.

  Returns:
    frames: [n, 5, size, size, 3] uint8 RGB; mel, false_mel: [n, 80, 16, 1]
    float32; start: [n] int32, first frame of each window in its clip;
    clip: [] int32, a hash of the clip's name.
  """
  record = records.parse(raw)
  last = record.num_frames - WINDOW
  starts = _spread_starts(last, options.windows_per_clip, rng)
  change = augment.draw(options.augmentation, rng)
  chosen = np.add.outer(starts, np.arange(WINDOW))
  # Windows overlap; each picture is decoded once.
  wanted, places = np.unique(chosen, return_inverse=True)
  images = augment.frames(_pictures(record, wanted), options.image_size, change)
  return {
    'frames': images[places.reshape(chosen.shape)],
    'mel': _sounds(record, [alignment.window_start(s) for s in starts], change),
    'false_mel': augment.mel(
      np.stack([_false_sound(record, s, rng, options, source) for s in starts]),
      change,
    ),
    'start': np.asarray(starts, np.int32) + np.int32(record.start_frame),
    'clip': np.int32(zlib.crc32(record.clip_id.encode()) >> 1),
  }


def clip_example(raw: bytes, image_size: int) -> dict[str, np.ndarray]:
  """A whole chunk, unchanged: what offsets and confidences are measured on.

  Returns:
    frames: [t, size, size, 3] uint8 RGB; mel: [t - 4, 80, 16, 1] float32, the
    sound of the five frames that start at each frame.
  """
  record = records.parse(raw)
  change = augment.draw(augment.NONE, np.random.default_rng(0))
  pictures = _pictures(record, list(range(record.num_frames)))
  starts = range(record.num_frames - WINDOW + 1)
  return {
    'frames': augment.frames(pictures, image_size, change),
    'mel': _sounds(record, [alignment.window_start(s) for s in starts], change),
  }


def _spread_starts(
  last: int, count: int, rng: np.random.Generator
) -> list[int]:
  """`count` starts in 0..last, MIN_OFFSET apart while there is room."""
  gap = MIN_OFFSET if last >= (count - 1) * MIN_OFFSET else 0
  free = last - (count - 1) * gap
  picks = np.sort(rng.integers(free + 1, size=count))
  return [int(p) + i * gap for i, p in enumerate(picks)]


def _other_start(
  start: int, last: int, distance: int, rng: np.random.Generator
) -> int:
  """A start in 0..last at least `distance` away, or the farthest there is."""
  far = [s for s in range(last + 1) if abs(s - start) >= distance]
  if not far:
    return 0 if start > last - start else last
  return int(far[rng.integers(len(far))])


def _false_sound(record, start, rng, options, source) -> np.ndarray:
  """[80, 16, 1] float32 from elsewhere, as it is stored."""
  elsewhere, pick = rng.random(), rng.integers(len(source))
  if elsewhere < options.other_clip:
    other = records.parse(source[int(pick)])
    if other.clip_id != record.clip_id:
      moved = int(rng.integers(other.num_frames - WINDOW + 1))
      return _sound(other, alignment.window_start(moved))
  last = record.num_frames - WINDOW
  moved = _other_start(start, last, MIN_OFFSET, rng)
  return _sound(record, alignment.window_start(moved))


def _pictures(record: records.Chunk, chosen: list[int]) -> list[np.ndarray]:
  return [records.decode_frame(record.frames[i]) for i in chosen]


def _sound(record, start: int) -> np.ndarray:
  return alignment.mel_window(record.mel, record.mel_context + start)


def _sounds(record, starts: list[int], change: augment.Draw) -> np.ndarray:
  """[n, 80, 16, 1] float32, changed together: n changes would cost n times."""
  return augment.mel(np.stack([_sound(record, s) for s in starts]), change)
