"""What the pictures of measurements share."""

import io
from typing import Any

import numpy as np

# Okabe & Ito (2008), which colour-blind people tell apart.
BLUE, RED, YELLOW, GREY = '#0072b2', '#d55e00', '#e69f00', '#555555'
FPS = 25
_SILENCE = '#e2e2e2'


def make(width: float, height: float) -> Any:
  """A figure, so many inches large."""
  # Here: it takes a second.
  import matplotlib.figure

  return matplotlib.figure.Figure(figsize=(width, height), layout='constrained')


def png(figure: Any) -> bytes:
  """The same bytes for the same numbers, whatever the version."""
  buffer = io.BytesIO()
  figure.savefig(buffer, format='png', dpi=100, metadata={'Software': None})
  return buffer.getvalue()


def over_time(axes: Any, speech: np.ndarray) -> None:
  """Seconds from left to right, with silence shaded.

  Args:
    axes: to draw in.
    speech: [t] bool, at 25 a second.
  """
  edges = np.diff(np.pad((~speech).astype(int), 1))
  starts, ends = (np.flatnonzero(edges == side) / FPS for side in (1, -1))
  for start, end in zip(starts, ends, strict=True):
    axes.axvspan(start, end, color=_SILENCE, lw=0, zorder=0)
  axes.axhline(0, color=GREY, lw=0.7)
  axes.set_xlim(0, max(len(speech), 1) / FPS)


def plain(axes: Any) -> None:
  axes.tick_params(labelsize=8)
  axes.spines[['top', 'right']].set_visible(False)
