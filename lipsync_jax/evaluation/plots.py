"""Pictures of a benchmark's report."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lipsync_jax.metrics import sync

# Okabe & Ito (2008): colour-blind people tell them apart. Grey is the truth.
_COLOURS = ('#555555', '#999999', '#0072b2', '#e69f00', '#009e73', '#cc79a7')


def offsets(rows: Sequence[Mapping[str, Any]]) -> bytes:
  """PNG: how many clips of each row have which offset."""
  figure, axes = _figure(len(rows))
  reach = np.arange(-sync.MAX_OFFSET, sync.MAX_OFFSET + 1)
  for k, (axis, row) in enumerate(zip(axes, rows, strict=True)):
    counts = [row['offsets'].get(str(offset), 0) for offset in reach]
    axis.bar(reach, counts, color=_COLOURS[k % len(_COLOURS)], width=0.9)
    axis.set_title(row['row'], fontsize='small', loc='left', parse_math=False)
    axis.axvspan(-1.5, 1.5, color='#009e73', alpha=0.12, lw=0)
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.set_ylabel('clips')
  axes[-1].set_xlabel('frames by which the sound leads (shaded: in sync)')
  return _png(figure)


def spread(
  clips: Sequence[Mapping[str, Any]], rows: Sequence[str], name: str, title: str
) -> bytes:
  """PNG: a dot for each clip of each row, and their mean.

  Args:
    clips: numbers by name.
    rows: in order from above.
    name: of the number.
    title: of the axis.
  """
  import matplotlib.figure

  figure = matplotlib.figure.Figure(
    figsize=(6, 0.8 + 0.45 * len(rows)), layout='constrained'
  )
  axis = figure.subplots()
  for k, row in enumerate(rows):
    values = np.array(
      [
        clip[name]
        for clip in clips
        if clip['row'] == row and clip.get(name) is not None
      ]
    )
    if not len(values):
      continue
    # Spread by rank and not by chance: the same numbers, the same picture.
    height = k + 0.3 * (np.arange(len(values)) % 5 - 2) / 2
    colour = _COLOURS[k % len(_COLOURS)]
    axis.plot(values, height, '.', color=colour, alpha=0.6, mec='none')
    axis.plot([values.mean()] * 2, [k - 0.4, k + 0.4], color='black', lw=2)
  axis.set(yticks=range(len(rows)), xlabel=title)
  axis.set_yticklabels(rows, parse_math=False)
  axis.set_ylim(len(rows) - 0.5, -0.5)
  axis.grid(axis='x', alpha=0.3)
  axis.spines[['top', 'right']].set_visible(False)
  return _png(figure)


def _figure(count: int):
  # Here: every worker imports what its command does, and this takes a second.
  import matplotlib.figure

  figure = matplotlib.figure.Figure(
    figsize=(6, 0.6 + 1.2 * count), layout='constrained'
  )
  axes = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
  for axis in axes:
    axis.spines[['top', 'right']].set_visible(False)
  return figure, axes


def _png(figure) -> bytes:
  buffer = io.BytesIO()
  # Without the version: the same numbers give the same bytes.
  figure.savefig(buffer, format='png', dpi=130, metadata={'Software': None})
  return buffer.getvalue()
