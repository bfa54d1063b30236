"""How what was measured of all tracks is spread: histograms for the report."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from input_pipeline.report import counts, html_parts

_GREY = '#555555'
_MAX_OFFSET = 15
_BARS = 30


class _Plot(NamedTuple):
  """One histogram; without `ends` they come from the values."""

  key: str
  title: str
  label: str
  ends: tuple[float, float] | None = None


_PLOTS = (
  _Plot('offset', 'Offset', 'frames by which the sound leads'),
  _Plot('confidence', 'Confidence', "the expert's confidence"),
  _Plot('face_size', 'Face size', 'height of the face (pixels)'),
  _Plot('length', 'Duration', 'length of the track (seconds)'),
  _Plot('sharpness', 'Sharpness', 'variance of the Laplacian'),
  _Plot('yaw', 'Yaw', 'degrees to either side'),
  _Plot('speech', 'Speech', 'share of the time with sound (0 to 1)', (0, 1)),
)


def histograms(
  rows: Sequence[dict], about: Mapping[str, Any]
) -> tuple[dict[str, bytes], list[str]]:
  """Everything there is to plot.

  Args:
    rows: of the manifest.
    about: see `page.write`.

  Returns:
    Title -> PNG, and the titles of those for which there are no numbers.
  """
  tracks = [row for row in rows if counts.is_track(row)]
  pictures, missing = {}, []
  for plot in _PLOTS:
    kept, dropped = _values(tracks, plot.key)
    if kept.size + dropped.size:
      pictures[plot.title] = _draw(plot, kept, dropped, about)
    else:
      missing.append(plot.title)
  return pictures, missing


def max_shift(about: Mapping[str, Any]) -> float | None:
  """The offset that is accepted, either way, if a setting tells it."""
  for group in about['settings'].values():
    if 'max_shift' in group:
      return counts.number(group, 'max_shift')
  return None


def _values(tracks: Sequence[dict], key: str) -> list[np.ndarray]:
  """[n] float64 of the kept tracks and of the dropped ones."""
  found = {True: [], False: []}
  for row in tracks:
    value = counts.number(row, key)
    if key == 'length':
      value = counts.length(row) or None
    if value is not None:
      found[row['kept']].append(abs(value) if key == 'yaw' else value)
  return [np.array(found[kept], np.float64) for kept in (True, False)]


def _draw(plot: _Plot, kept, dropped, about: Mapping[str, Any]) -> bytes:
  # Here: every worker imports what its command does, and this takes a second.
  import matplotlib.figure

  figure = matplotlib.figure.Figure(figsize=(5, 3.2), layout='constrained')
  axes = figure.subplots()
  both = np.concatenate([kept, dropped])
  ends = plot.ends or _ends(both)
  if plot.key == 'offset':
    edges = np.arange(-_MAX_OFFSET, _MAX_OFFSET + 2) - 0.5
  elif plot.key == 'confidence':
    edges = np.linspace(*_with_chance(ends, about), _BARS + 1)
  else:
    edges = np.linspace(*ends, _BARS + 1)
  top = _bars(axes, kept, dropped, edges)
  label = plot.label
  if both.max() > edges[-1] or both.min() < edges[0]:
    label += '; beyond: in the outermost bar'
  if plot.key == 'offset':
    _accepted(axes, max_shift(about))
  elif plot.key == 'confidence':
    _references(axes, edges, top, about)
  axes.set(
    title=f'{plot.title} (n = {kept.size:,} kept, {dropped.size:,} dropped)',
    xlabel=label,
    ylabel='tracks',
    xlim=(edges[0], edges[-1]),
  )
  axes.yaxis.get_major_locator().set_params(integer=True)
  axes.spines[['top', 'right']].set_visible(False)
  columns = 2 if len(axes.get_legend_handles_labels()[0]) > 3 else 3
  figure.legend(
    loc='outside lower center', ncols=columns, fontsize='small', frameon=False
  )
  buffer = io.BytesIO()
  # Without the version: the same numbers give the same bytes.
  figure.savefig(buffer, format='png', dpi=150, metadata={'Software': None})
  return buffer.getvalue()


def _ends(values: np.ndarray) -> tuple[float, float]:
  """First and last edge; a few that lie far beyond the rest do not count."""
  low, most, high = np.quantile(values, (0, 0.99, 1))
  if high - most > (most - low) / 2 > 0:
    high = most
  return (low, high) if high > low else (low - 0.5, high + 0.5)


def _chance(about: Mapping[str, Any]) -> tuple[float, float] | None:
  """Mean and deviation of confidences by chance, if they are known."""
  chance = about['chance'] or {}
  mean, std = (counts.number(chance, key) for key in ('mean', 'std'))
  return None if mean is None or not std else (mean, std)


def _with_chance(ends, about: Mapping[str, Any]) -> tuple[float, float]:
  """Makes room for the threshold and for confidences by chance."""
  points = [*ends]
  least = counts.number(about, 'min_confidence')
  if least is not None:
    points.append(least)
  if chance := _chance(about):
    points += [chance[0] - 3 * chance[1], chance[0] + 3 * chance[1]]
  return min(points), max(points)


def _bars(axes, kept, dropped, edges) -> float:
  """Stacked bars; returns the height of the highest."""
  base = np.zeros(len(edges) - 1)
  for name, colour, values in (
    ('kept', html_parts.KEPT, kept),
    ('dropped', html_parts.DROPPED, dropped),
  ):
    heights, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    axes.bar(
      edges[:-1],
      heights,
      np.diff(edges) * 0.92,
      base,
      align='edge',
      color=colour,
      label=name,
    )
    base += heights
  return base.max()


def _accepted(axes, most: float | None) -> None:
  if most is not None:
    axes.axvspan(
      -most - 0.5,
      most + 0.5,
      color=_GREY,
      alpha=0.2,
      lw=0,
      zorder=0,
      label='accepted',
    )


def _references(axes, edges, top: float, about: Mapping[str, Any]) -> None:
  """The threshold, and what faces with somebody else's sound reach."""
  if chance := _chance(about):
    x = np.linspace(edges[0], edges[-1], 200)
    y = top * np.exp(-0.5 * ((x - chance[0]) / chance[1]) ** 2)
    label = "somebody else's sound (not to scale)"
    axes.plot(x, y, color=_GREY, lw=1.2, label=label)
    axes.fill_between(x, y, color=_GREY, alpha=0.2, lw=0, zorder=0)
  least = counts.number(about, 'min_confidence')
  if least is not None:
    label = f'threshold {least:.3g}'
    axes.axvline(least, color='black', ls='--', lw=1.2, label=label)
