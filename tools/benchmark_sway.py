"""A known path for a head, and how well a square keeps to it."""

import cv2
import numpy as np

# In parts of the face's height, hertz, radians: a lively head.
_SWAY_X = ((0.20, 0.5, 0.0), (0.05, 1.3, 1.0))
_SWAY_Y = ((0.10, 0.7, 2.0),)
_LAGS = np.arange(-6, 6.01, 0.05)  # frames


def sway(time: np.ndarray, size: float) -> np.ndarray:
  """[n, 2] pixels: the known path at times in seconds, for a face so high."""
  return np.stack(
    [
      size * sum(a * np.sin(2 * np.pi * f * time + p) for a, f, p in waves)
      for waves in (_SWAY_X, _SWAY_Y)
    ],
    axis=-1,
  )


def push(frame: np.ndarray, x: float, y: float) -> np.ndarray:
  """The picture moved to the right and down; its edge is repeated."""
  return cv2.warpAffine(
    frame,
    np.float64([[1, 0, x], [0, 1, y]]),
    frame.shape[1::-1],
    flags=cv2.INTER_CUBIC,
    borderMode=cv2.BORDER_REPLICATE,
  )


def followed(path: np.ndarray, fps: float, size: float) -> dict[str, float]:
  """'lag' in frames and 'error' in thousandths of the size of a path [n, 2]."""
  frames = np.arange(len(path))
  errors = []
  for lag in (0, *_LAGS):
    rest = path - sway((frames - lag) / fps, size)
    errors.append(rms(rest - rest.mean(axis=0)))
  return {
    'lag': float(_LAGS[np.argmin(errors[1:])]),
    'error': errors[0] * 1000 / size,
  }


def rms(vectors: np.ndarray) -> float:
  """Of the lengths of vectors [n, d]."""
  return float(np.sqrt((vectors**2).sum(axis=1).mean()))
