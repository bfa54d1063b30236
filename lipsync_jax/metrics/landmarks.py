"""LMD, the distance of lip landmarks from those of the true pictures.

Chen et al. (2018), "Lip Movements Generation at a Glance", as
Chen et al. (2019), "Hierarchical Cross-modal Talking Face Generation with
Dynamic Pixel-wise Loss" (ATVGnet), measures it: the twenty points of the mouth
less their mean, so that it does not matter where the mouth is.
"""

import numpy as np
from jaxtyping import Float

POINTS = 20  # of the mouth, 48 to 67 of the 68 of iBUG 300-W

Points = Float[np.ndarray, 'n 20 2']


def distances(
  made: Points, truth: Float[np.ndarray, 'm 20 2'], *, form: str = 'paper'
) -> Float[np.ndarray, ' n']:
  """The distance of each frame, nan where either has no landmarks.

  In pixels of the frames, so it grows with their size: say it with the number.

  Args:
    made: x and y in pixels, nan in frames without a face.
    truth: likewise, of the true frames.
    form: 'paper', the mean over points as both papers write it; 'code', their
      sum as ATVGnet's evaluation_matrix.py has it, twenty times that.

  Raises:
    ValueError: another form, or not as many frames.
  """
  if form not in ('paper', 'code'):
    raise ValueError(f"{form!r} is neither 'paper' nor 'code'.")
  if len(made) != len(truth):
    raise ValueError(f'{len(made)} frames and {len(truth)} do not compare.')
  gap = _centred(made) - _centred(truth)
  by_point = np.sqrt((gap**2).sum(-1))
  return by_point.mean(1) if form == 'paper' else by_point.sum(1)


def distance(
  made: Points, truth: Float[np.ndarray, 'm 20 2'], *, form: str = 'paper'
) -> float:
  """LMD: the mean of `distances` over frames; nan if none has landmarks.

  Frames where a face is missing are left out, so say how many were compared:
  a picture too bad to find a mouth in is no better for it.

  Raises:
    ValueError: see `distances`.
  """
  found = distances(made, truth, form=form)
  found = found[~np.isnan(found)]
  return float(found.mean()) if len(found) else float('nan')


def _centred(points: Points) -> Points:
  return points - points.mean(1, keepdims=True)
