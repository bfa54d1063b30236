"""One record to an example of lip reading: all its frames, and what is said."""

import numpy as np

from input_pipeline import augment, records, windows


def lip_reading_example(
  raw: bytes, rng: np.random.Generator, options: windows.Options
) -> dict[str, np.ndarray]:
  """A whole chunk with one draw of changes, and its label.

  Returns:
    frames: [clip_frames, size, size, 3] uint8 RGB, black after the last;
    length: [] int32, how many there are; labels: [slots] int32, see
    `labels.Labels`.

  Raises:
    ValueError: the clip has no label, or one that training did not have, or
      more than clip_frames.
  """
  if options.labels is None:
    raise ValueError('Examples of lip reading need labels (windows.Options).')
  record = records.parse(raw)
  size, count = options.image_size, record.num_frames
  if count > options.clip_frames:
    raise ValueError(
      f'{record.clip_id} has {count} frames: set --config.data.clip_frames.'
    )
  change = augment.draw(options.augmentation, rng)
  frames = np.zeros((options.clip_frames, size, size, 3), np.uint8)
  pictures = windows.pictures(record, range(count))
  frames[:count] = augment.frames(pictures, size, change)
  return {
    'frames': frames,
    'length': np.int32(count),
    'labels': options.labels.classes(record.clip_id),
  }
