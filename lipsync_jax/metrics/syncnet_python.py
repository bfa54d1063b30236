"""Sync as joonson/syncnet_python reads it, from embeddings: offset, LSE.

`SyncNetInstance.evaluate` and `calc_pdist` there, commit 6efbb1c; Wav2Lip's
LSE-D and LSE-C are means over videos of its least distance and its confidence.
Unlike `metrics.sync`, a sound window outside the clip is a vector of zeros and
counts: at offset s, |s| of the N distances are a picture's own length. Numpy
only: what the numbers mean must not hang on a device.
"""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
import scipy.signal
from jaxtyping import Float

MAX_OFFSET = 15  # frames: `vshift` of syncnet_python

_EPSILON = np.float32(1e-6)  # torch.pairwise_distance adds it to differences
_SMOOTHED = 9  # frames: kernel of medfilt over the confidences of frames
_AT_ONCE = 64  # rows: 8 MB of differences of 1024 dimensions


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
  """What syncnet_python says of one clip.

  Attributes:
    offset: frames (25 fps) by which the sound leads the picture: 'AV offset'.
    distance: least mean distance: 'Min dist', LSE-D of one video.
    confidence: median of the mean distances minus the least: 'Confidence',
      LSE-C of one video.
    at_zero: mean distance at offset 0. The least is over all offsets, so a
      constant lag costs nothing in `distance`; here it does.
    curve: [2 max_offset + 1] float32 mean distances; entry k is of a sound that
      leads by max_offset - k frames.
    per_frame: [n] float32 confidence of each window, that of frame i + 2,
      smoothed by a median of nine; biased at the ends, where zeros follow.
  """

  offset: int
  distance: float
  confidence: float
  at_zero: float
  curve: np.ndarray
  per_frame: np.ndarray


def distance_rows(
  batches: Iterable[tuple[np.ndarray, np.ndarray]],
  *,
  max_offset: int = MAX_OFFSET,
) -> Iterator[np.ndarray]:
  """Rows of the distance table while embeddings come in.

  Holds `max_offset` windows more than a batch has.

  Args:
    batches: pairs of [b, d] float32 embeddings, of pictures and of the sounds
      heard with them; neither of them scaled.
    max_offset: sounds up to so many frames away are compared.

  Yields:
    [k, 2 max_offset + 1] float32, see `distance_table`.

  Raises:
    ValueError: max_offset is negative.
  """
  if max_offset < 0:
    raise ValueError(f'max_offset={max_offset} must not be negative.')
  seen = heard = None
  for faces, sounds in batches:
    faces, sounds = (np.asarray(x, np.float32) for x in (faces, sounds))
    outside = np.zeros((max_offset, sounds.shape[1]), np.float32)
    seen = faces if seen is None else np.concatenate([seen, faces])
    heard = np.concatenate([outside if heard is None else heard, sounds])
    ready = max(0, len(heard) - 2 * max_offset)
    yield from _rows(seen[:ready], heard, max_offset)
    seen, heard = seen[ready:], heard[ready:]
  if seen is not None:
    yield from _rows(seen, np.concatenate([heard, outside]), max_offset)


def distance_table(
  faces: Float[np.ndarray, 'n d'],
  sounds: Float[np.ndarray, 'n d'],
  *,
  max_offset: int = MAX_OFFSET,
) -> Float[np.ndarray, 'n s']:
  """Distance of every picture window to the sound windows around it.

  Args:
    faces, sounds: embeddings, not scaled; window i starts at frame i.
    max_offset: as `distance_rows`.

  Returns:
    [n, 2 max_offset + 1] float32; column k is of the sound window
    i + k - max_offset, a zero vector where there is none.
  """
  rows = distance_rows([(faces, sounds)], max_offset=max_offset)
  return np.concatenate(list(rows))


def read(table: Float[np.ndarray, 'n s']) -> Reading:
  """Offset, least distance and confidence of a clip.

  Args:
    table: from `distance_table`.

  Raises:
    ValueError: it has no row, or numbers that are not finite.
  """
  if not len(table) or not np.isfinite(table).all():
    raise ValueError(
      f'A distance table of shape {table.shape} has no rows, or holds NaN or '
      'infinite distances.'
    )
  curve = table.mean(axis=0, dtype=np.float64).astype(np.float32)
  middle = len(curve) // 2
  least = int(curve.argmin())
  # torch.median: of an even number the lower of the two in the middle.
  median = np.sort(curve)[(len(curve) - 1) // 2]
  return Reading(
    offset=middle - least,
    distance=float(curve[least]),
    confidence=float(median - curve[least]),
    at_zero=float(curve[middle]),
    curve=curve,
    per_frame=_median_filter(median - table[:, least]),
  )


def _rows(
  faces: np.ndarray, sounds: np.ndarray, max_offset: int
) -> Iterator[np.ndarray]:
  """Pieces of the table; sounds[i + k] goes with column k of row i."""
  width = 2 * max_offset + 1
  for start in range(0, len(faces), _AT_ONCE):
    piece = faces[start : start + _AT_ONCE, None]
    around = np.lib.stride_tricks.sliding_window_view(
      sounds[start : start + len(piece) + width - 1], width, axis=0
    )
    difference = piece - around.swapaxes(1, 2) + _EPSILON
    yield np.linalg.norm(difference, axis=2)


def _median_filter(values: np.ndarray) -> np.ndarray:
  # Zeros beyond the ends are medfilt's own; given here, a clip shorter than
  # the kernel is no case of its own.
  padded = np.pad(values, _SMOOTHED // 2)
  smoothed = scipy.signal.medfilt(padded, _SMOOTHED)
  return smoothed[_SMOOTHED // 2 : len(padded) - _SMOOTHED // 2]
