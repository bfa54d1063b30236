"""When nobody speaks, from the sound of a record."""

import numpy as np

from input_pipeline import alignment, records

# Rows of mel are log: one unit is 12.5 dB. 25 dB below the loud parts there is
# no speech: even an /f/ or an /s/ is louder.
_BELOW = 2.0
_LOUD = 0.95  # quantile of the rows' levels


def quiet_frames(record: records.Chunk) -> np.ndarray:
  """[num_frames] bool: whether nothing is said around a frame.

  That is in its 0.2 s, the window of `alignment.frame_start`: its mouth then
  has had time to close. Quiet means 25 dB below the clip's loud parts, in the
  loudest band; so a clip with nothing but noise has no pause.
  """
  levels = record.mel.max(axis=1)
  speaks = levels > np.quantile(levels, _LOUD) - _BELOW
  heard = [
    alignment.window(
      speaks[:, None],
      record.mel_context + alignment.frame_start(frame),
      outside=0,
    )
    for frame in range(record.num_frames)
  ]
  return ~np.any(heard, axis=(1, 2, 3))
