"""Which rows of sound belong to which frame: the one place that decides.

Convention. Frame j of a 25 fps video is on screen from j/25 s to (j+1)/25 s.
Five frames last 0.2 s, as do 16 mel rows (12.5 ms each), so

* the window of the five frames j..j+4 starts at row 16 j // 5 (what an expert
  sees: sound and picture cover the same 0.2 s);
* the window of the single frame j is centred on it: the mel rows of the five
  frames j-2..j+2 (what a generator hears for one frame).

Networks differ in what they hear, `SOUNDS`; the convention is one.

Training and dubbing both call these functions, so a network is used the way it
was trained. Wav2Lip at HEAD is not: its generator trains with the window of
j-1..j+3 and its inference.py uses j..j+4, which shows the mouth one frame
early. `reference_alignment` gives the former, for imported weights and
comparisons. All arithmetic is in integers or exact fractions.
"""

import fractions
import math
from typing import NamedTuple

import numpy as np

from input_pipeline import audio

FPS = 25
WINDOW_FRAMES = 5
WINDOW_ROWS = 16


class Sound(NamedTuple):
  """A kind of sound features: rows a second, and the window networks take."""

  bands: int
  rows: int
  rate: int


SOUNDS = {
  'mel': Sound(80, WINDOW_ROWS, audio.ROWS_PER_SECOND),  # Wav2Lip
  'mel27': Sound(80, 27, audio.ROWS_PER_SECOND),  # LipGAN
  'mfcc': Sound(13, 20, 100),  # SyncNet
  'mfcc35': Sound(12, 35, 100),  # Speech2Vid
  'mfcc35_lipgan': Sound(12, 35, 100),  # LipGAN, the paper's
}


def window_start(frame: int, sound: str = 'mel') -> int:
  """First row of the five frames that start at `frame` (25 fps)."""
  return SOUNDS[sound].rate * frame // FPS


def frame_start(
  frame: int, sound: str = 'mel', *, reference_alignment: bool = False
) -> int:
  """First row of one frame's own window (25 fps); may be negative."""
  centre = fractions.Fraction(2 * frame + 1, 2 * FPS)
  return time_start(centre, sound, reference_alignment=reference_alignment)


def time_start(
  centre: fractions.Fraction | float,
  sound: str = 'mel',
  *,
  reference_alignment: bool = False,
) -> int:
  """First row for a frame of any frame rate.

  Args:
    centre: seconds, the middle of the frame's time on screen. Give a Fraction
      for exact agreement with `frame_start` at 25 fps.
    sound: a key of `SOUNDS`.
    reference_alignment: the window one frame later, as wav2lip_train.py has it
      (crop_audio_window at index i - 2 + 1).
  """
  _, rows, rate = SOUNDS[sound]
  late = fractions.Fraction(int(reference_alignment), FPS)
  start = (fractions.Fraction(centre) + late) * rate
  return math.floor(start - fractions.Fraction(rows, 2))


def window(
  rows: np.ndarray,
  start: int,
  count: int = WINDOW_ROWS,
  outside: np.ndarray | float = audio.SILENCE,
) -> np.ndarray:
  """Cuts a window out of sound features.

  Args:
    rows: [m, bands] float32, time first.
    start: first row.
    count: length of the window.
    outside: what rows outside the array read as; silence.

  Returns:
    [bands, count, 1] float32: frequency, time, channel, as networks take it.
  """
  cut = np.empty((count, rows.shape[1]), np.float32)
  cut[:] = outside
  low, high = max(start, 0), min(start + count, len(rows))
  if low < high:
    cut[low - start : high - start] = rows[low:high]
  return cut.T[..., None]
