"""What can be said of a face track without any network."""

import cv2
import numpy as np

from input_pipeline import alignment, audio

# Sound this far below the loud parts of a video (dB) is a pause, and so is all
# below -50 dB of full scale: speech spans 30 dB (ITU-T P.56 takes 15.9 dB below
# the mean level as the margin of activity; ours is against the peaks).
_SPAN, _FLOOR = 30.0, -50.0
_LOUD = 0.95  # quantile
_AT_ONCE = 1500  # frames, a minute


def sharpness(face: np.ndarray) -> float:
  """Variance of the Laplacian of [h, w, 3] uint8 RGB, levels squared.

  Low where there is no detail: out of focus, moved, or enlarged (Pech-Pacheco
  et al., "Diatom autofocusing in brightfield microscopy", 2000). Comparable
  between faces stored at the same size.
  """
  grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
  return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def speaking(sound: np.ndarray) -> np.ndarray:
  """Which frames have a sound loud enough to be speech.

  By level alone: music and noise count as well.

  Args:
    sound: [n] int16, 16 kHz, the whole clip.

  Returns:
    [n // 640] bool, one per frame of 40 ms.
  """
  hop = audio.SAMPLE_RATE // alignment.FPS
  frames = sound[: len(sound) // hop * hop].reshape(-1, hop)
  if not len(frames):
    return np.zeros(0, bool)
  # Little by little: as floats a film's sound would take much more memory.
  pieces = np.array_split(frames, -(-len(frames) // _AT_ONCE))
  power = [np.square(audio.to_float(piece)).mean(1) for piece in pieces]
  level = 10 * np.log10(np.concatenate(power) + 1e-12)
  return level > max(np.quantile(level, _LOUD) - _SPAN, _FLOOR)
