"""What can be said of a face track without any network."""

import cv2
import numpy as np

from input_pipeline import alignment, audio
from input_pipeline.preparation import looks

# Sound this far below the loud parts of a video (dB) is a pause, and so is all
# below -50 dB of full scale: speech spans 30 dB (ITU-T P.56 takes 15.9 dB below
# the mean level as the margin of activity; ours is against the peaks).
_SPAN, _FLOOR = 30.0, -50.0
_LOUD = 0.95  # quantile
_AT_ONCE = 1500  # frames, a minute

# Where YuNet's five landmarks are on a head, millimetres: right eye, left eye,
# nose tip, right and left mouth corner; x to the viewer's right, y down, z away
# from the camera. Eyes 63 mm apart (Dodgson, 2004), heights and widths as in
# the mean of 18 frontal GRID speakers, whose pose comes out within 5 degrees.
_HEAD = np.array(
  [(-31.5, 0, 0), (31.5, 0, 0), (0, 39, -25), (-28, 65, -8), (28, 65, -8)],
  np.float64,
)


def pose(look: looks.Look) -> np.ndarray | None:
  """Yaw, pitch and roll of a face in degrees; None without landmarks.

  Against the line of sight, from five points, so rough: it tells frontal from
  turned away. Yaw > 0 looks to the viewer's right, pitch > 0 down, roll > 0
  clockwise.
  """
  if look.landmarks is None:
    return None
  # As if seen in the middle of the picture, from five face heights away.
  points = (look.landmarks - look.landmarks.mean(0)).astype(np.float64)
  focal = 5 * look.size
  camera = np.array([(focal, 0, 0), (0, focal, 0), (0, 0, 1)])
  found, turn, _ = cv2.solvePnP(
    _HEAD, points, camera, None, flags=cv2.SOLVEPNP_SQPNP
  )
  if not found:
    return None
  pitch, yaw, roll = cv2.RQDecomp3x3(cv2.Rodrigues(turn)[0])[0]
  return np.array([-yaw, pitch, roll])


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
