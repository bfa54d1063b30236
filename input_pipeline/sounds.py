"""What networks hear of a record: windows of one of `alignment.SOUNDS`.

Mel rows are stored; the others are computed from the stored waveform, which has
enough around it to give the rows of the whole clip's features.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, audio, augment, mfcc, records

# Settings of `mfcc` by kind of sound.
MFCC = {
  'mfcc': mfcc.SYNCNET,
  'mfcc35': mfcc.SPEECH2VID,
  'mfcc35_lipgan': mfcc.LIPGAN,
}

# Mel rows that half a transform, mirrored at an end, and pre-emphasis reach.
_MEL_EDGE = 3


def windows(
  record: records.Chunk,
  starts: Sequence[int],
  sound: str,
  change: augment.Draw | None = None,
) -> np.ndarray:
  """Cuts windows out of a record's sound.

  Args:
    record: the chunk.
    starts: first row of each window, counted from the chunk's frame 0.
    sound: a key of `alignment.SOUNDS`.
    change: augmentation, the same for all windows.

  Returns:
    [n, bands, rows, 1] float32.
  """
  count = alignment.SOUNDS[sound].rows
  if sound in MFCC:
    first = min(starts)
    rows = mfcc.mfcc_rows(
      record.audio,
      first,
      max(starts) + count,
      begin=-records.AUDIO_CONTEXT,
      settings=MFCC[sound],
    )
    outside = silence(sound)
  else:
    rows, first = record.mel, -record.mel_context
    outside = audio.SILENCE
  cut = np.stack(
    [alignment.window(rows, s - first, count, outside) for s in starts]
  )
  return cut if change is None else transform(cut, sound, change)


def clip_windows(
  samples: np.ndarray, first: int, last: int, sound: str
) -> np.ndarray:
  """Windows of a whole clip's sound: of five frames from each frame on.

  Args:
    samples: [n] int16, 16 kHz mono, the whole clip.
    first, last: frames (25 fps); windows first..last-1.
    sound: a key of `alignment.SOUNDS`.

  Returns:
    [last - first, bands, rows, 1] float32: what they are cut out of the whole
    clip's features, of which only the part that is needed is computed.
  """
  count = alignment.SOUNDS[sound].rows
  starts = [alignment.window_start(k, sound) for k in range(first, last)]
  low, high = starts[0], starts[-1] + count
  if sound in MFCC:
    begin = max(0, low * mfcc.HOP - 1)  # pre-emphasis reaches one sample back
    piece = samples[begin : (high - 1) * mfcc.HOP + mfcc.WINDOW]
    rows = mfcc.mfcc_rows(piece, low, high, begin=begin, settings=MFCC[sound])
  else:
    # In whole rows, so that those that see where the piece was cut fall away.
    edge = max(0, low - _MEL_EDGE)
    piece = samples[edge * audio.HOP : (high + _MEL_EDGE) * audio.HOP]
    rows = audio.mel_spectrogram(audio.to_float(piece))[low - edge :]
  outside = silence(sound)
  return np.stack(
    [alignment.window(rows, start - low, count, outside) for start in starts]
  )


def transform(
  windows: np.ndarray, sound: str, change: augment.Draw
) -> np.ndarray:
  """The augmentation of windows [n, bands, rows, 1]: see `augment.mel`.

  Of MFCCs only the loudness changes, which only the energy in row 0 shows.
  """
  if sound not in MFCC:
    return augment.mel(windows, change)
  if sound == 'mfcc' and change.level:
    # The energy's logarithm; one mel unit is 12.5 dB.
    louder = 12.5 * change.level / 10 * math.log(10)
    windows = windows.copy()
    heard = windows[:, 0] > silence(sound)[0]
    windows[:, 0] += np.float32(louder) * heard
  return windows


@functools.cache
def silence(sound: str) -> np.ndarray:
  """[bands] float32: the row of digital silence."""
  if sound not in MFCC:
    return np.full(alignment.SOUNDS[sound].bands, audio.SILENCE, np.float32)
  return mfcc.mfcc(np.zeros(mfcc.WINDOW), settings=MFCC[sound])[0]
