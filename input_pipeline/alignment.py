"""Which mel rows belong to which frame: the one place that decides.

Convention. Frame j of a 25 fps video is on screen from j/25 s to (j+1)/25 s.
Five frames last 0.2 s, as do 16 mel rows (12.5 ms each), so

* the window of the five frames j..j+4 starts at row 16 j // 5 (what an expert
  sees: sound and picture cover the same 0.2 s);
* the window of the single frame j is that of the five frames centred on it,
  j-2..j+2 (what a generator hears for one frame).

Training and dubbing both call these functions, so a network is used the way it
was trained. Wav2Lip at HEAD is not: its generator trains with the window of
j-1..j+3 and its inference.py uses j..j+4, which shows the mouth one frame
early. `reference_alignment` gives the former, for imported weights and
comparisons. All arithmetic is in integers or exact fractions.
"""

import fractions
import math

import numpy as np

from input_pipeline import audio

FPS = 25
WINDOW_FRAMES = 5
WINDOW_ROWS = 16

# Frames from the first frame of a window to the frame it belongs to.
_LEAD = 2
_REFERENCE_LEAD = 1  # wav2lip_train.py: crop_audio_window at index i - 2 + 1


def window_start(frame: int) -> int:
  """First mel row of the five frames that start at `frame` (25 fps)."""
  return audio.ROWS_PER_SECOND * frame // FPS


def frame_start(frame: int, *, reference_alignment: bool = False) -> int:
  """First mel row of one frame's own window (25 fps); may be negative."""
  return window_start(frame - _lead(reference_alignment))


def time_start(
  centre: fractions.Fraction | float, *, reference_alignment: bool = False
) -> int:
  """First mel row for a frame of any frame rate.

  Args:
    centre: seconds, the middle of the frame's time on screen. Give a Fraction
      for exact agreement with `frame_start` at 25 fps.
    reference_alignment: see `frame_start`.
  """
  lead = _lead(reference_alignment) + fractions.Fraction(1, 2)
  start = fractions.Fraction(centre) - lead / FPS
  return math.floor(start * audio.ROWS_PER_SECOND)


def mel_window(
  mel: np.ndarray, start: int, rows: int = WINDOW_ROWS
) -> np.ndarray:
  """Cuts a window out of a mel spectrogram.

  Args:
    mel: [m, 80] float32, time first.
    start: first row; rows outside the array read as silence.
    rows: length of the window.

  Returns:
    [80, rows, 1] float32: frequency, time, channel, as the networks take it.
  """
  window = np.full((rows, mel.shape[1]), audio.SILENCE, np.float32)
  low, high = max(start, 0), min(start + rows, len(mel))
  if low < high:
    window[low - start : high - start] = mel[low:high]
  return window.T[..., None]


def _lead(reference_alignment: bool) -> int:
  return _REFERENCE_LEAD if reference_alignment else _LEAD
