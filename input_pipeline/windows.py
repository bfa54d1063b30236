"""One record to one example: which frames, which sound, which reference.

Rows of sound are found by `alignment` alone. Records carry sound from before
and after the chunk, so windows at its ends hear what was really there.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, augment, records, sounds
from input_pipeline import labels as labels_lib

WINDOW = alignment.WINDOW_FRAMES


@dataclasses.dataclass(frozen=True)
class Options:
  """What every example is made with.

  Attributes:
    image_size: side of the pictures.
    augmentation: strengths; the same changes for all pictures and sounds of an
      example.
    reference_alignment: see `alignment.time_start`.
    sound: what the expert hears of a window, a key of `alignment.SOUNDS`.
    frame_sound: what the generator hears of a frame, likewise.
    stills: of generator examples: 0 gives every frame a still, five in a row
      from another moment; k > 0 gives k of different moments for all frames.
    windows_per_clip: of expert examples.
    other_clip: of expert examples, share of false sounds from another clip.
    max_shift: of expert examples, how many frames away a false sound of the
      same clip may be; 0: as far as the chunk reaches.
    labels: of lip reading examples, what clips say.
    clip_frames: of lip reading examples, how many they are filled up to.
  """

  image_size: int = 96
  augmentation: augment.Augmentation = augment.NONE
  reference_alignment: bool = False
  sound: str = 'mel'
  frame_sound: str = 'mel'
  stills: int = 0
  windows_per_clip: int = 4
  other_clip: float = 0.5
  max_shift: int = 0
  labels: labels_lib.Labels | None = None
  clip_frames: int = records.CHUNK_FRAMES


def generator_example(
  raw: bytes,
  rng: np.random.Generator,
  options: Options,
  *,
  start: int | None = None,
) -> dict[str, np.ndarray]:
  """Five consecutive frames, their sound and a reference from another moment.

  Args:
    raw: a record.
    rng: draws what is random.
    options: see there.
    start: the first of the frames; drawn by default.

  Returns:
    frames: [5, size, size, 3] uint8 RGB; reference: [5 or stills, size, size,
    3]; sound: [bands, rows, 1] float32 of the five frames; frame_sounds:
    [5, bands, rows, 1] float32, the window of each.
  """
  record = records.parse(raw)
  last = record.num_frames - WINDOW
  if start is None:
    start = int(rng.integers(last + 1))
  if options.stills:
    others = _stills(start, record.num_frames, options.stills, rng)
  else:
    other = other_start(start, last, WINDOW, rng)
    others = range(other, other + WINDOW)
  change = augment.draw(options.augmentation, rng)
  chosen = [*range(start, start + WINDOW), *others]
  images = augment.frames(pictures(record, chosen), options.image_size, change)
  starts = [
    alignment.frame_start(
      frame,
      options.frame_sound,
      reference_alignment=options.reference_alignment,
    )
    for frame in range(start, start + WINDOW)
  ]
  whole = sounds.windows(
    record,
    [alignment.window_start(start, options.sound)],
    options.sound,
    change,
  )
  return {
    'frames': images[:WINDOW],
    'reference': images[WINDOW:],
    'sound': whole[0],
    'frame_sounds': sounds.windows(record, starts, options.frame_sound, change),
  }


def clip_example(
  raw: bytes | records.Chunk, image_size: int, sound: str = 'mel'
) -> dict[str, np.ndarray]:
  """A whole chunk, unchanged: what offsets and confidences are measured on.

  Returns:
    frames: [t, size, size, 3] uint8 RGB; sound: [t - 4, bands, rows, 1]
    float32, of the five frames that start at each frame.
  """
  record = raw if isinstance(raw, records.Chunk) else records.parse(raw)
  starts = range(record.num_frames - WINDOW + 1)
  return {
    'frames': all_frames(record, image_size),
    'sound': heard(record, starts, sound, augment.UNCHANGED),
  }


def all_frames(record: records.Chunk, image_size: int) -> np.ndarray:
  """[t, size, size, 3] uint8 RGB: every frame of a chunk, unchanged."""
  whole = pictures(record, range(record.num_frames))
  return augment.frames(whole, image_size, augment.UNCHANGED)


def other_start(
  start: int, last: int, distance: int, rng: np.random.Generator
) -> int:
  """A start in 0..last, at least `distance` away, or the farthest there is."""
  far = [s for s in range(last + 1) if abs(s - start) >= distance]
  if not far:
    return 0 if start > last - start else last
  return int(far[rng.integers(len(far))])


def _stills(
  start: int, count: int, wanted: int, rng: np.random.Generator
) -> list[int]:
  """`wanted` frames of different moments, none among the five from `start`.

  More than 5 frames away where there are such (Speech2Vid).
  """
  far = [
    f for f in range(count) if not start - WINDOW <= f < start + 2 * WINDOW
  ]
  others = far or [f for f in range(count) if not start <= f < start + WINDOW]
  pool = others or list(range(count))
  return [int(f) for f in rng.choice(pool, wanted, replace=len(pool) < wanted)]


def pictures(record: records.Chunk, chosen: Sequence[int]) -> list[np.ndarray]:
  """The chosen frames, [s, s, 3] uint8 RGB each."""
  return [records.decode_frame(record.frames[i]) for i in chosen]


def heard(
  record: records.Chunk,
  starts: Sequence[int],
  sound: str,
  change: augment.Draw | None = None,
) -> np.ndarray:
  """[n, bands, rows, 1] float32 of the five frames from each start."""
  first = [alignment.window_start(s, sound) for s in starts]
  return sounds.windows(record, first, sound, change)
