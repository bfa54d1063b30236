"""A diagnosis as a picture: the curve, offsets, scores, dead units."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lipsync_jax.judging import figures
from lipsync_jax.training.diagnosis import standing

Facts = Mapping[str, Any]


def draw(facts: Facts) -> bytes:
  """A PNG of four panels.

  Args:
    facts: from `diagnosis.examine`.
  """
  figure = figures.make(11.0, 6.4)
  panels = figure.subplots(2, 2).ravel()
  for axes, part in zip(
    panels, (_curve, _offsets, _scores, _dead), strict=True
  ):
    part(axes, facts)
    figures.plain(axes)
    if axes.get_legend_handles_labels()[0]:
      axes.legend(fontsize='small', frameon=False)
  run = facts['run']
  figure.suptitle(
    f'{run["name"]}, step {run["step"]}', fontsize='medium', parse_math=False
  )
  return figures.png(figure)


def _curve(axes, facts: Facts) -> None:
  axes.set(title='Loss, smoothed', xlabel='step')
  if not facts['curve']:
    return
  axes.plot(*facts['curve']['curve'], color=figures.BLUE, label='training')
  if (guessing := standing.chance(facts)) is not None:
    axes.axhline(guessing, ls=':', color=figures.GREY, label='guessing')


def _offsets(axes, facts: Facts) -> None:
  axes.set(title='Offset of the sound', xlabel='frames', ylabel='clips')
  colours = {'stored': figures.BLUE, 'measured': figures.RED}
  for k, (name, colour) in enumerate(colours.items()):
    if found := facts[name]:
      frames = np.array([int(frame) for frame in found['counts']])
      counts = list(found['counts'].values())
      axes.bar(frames + 0.4 * k - 0.2, counts, 0.4, color=colour, label=name)
  axes.axvspan(-1.5, 1.5, color=figures.GREY, alpha=0.1, lw=0)
  axes.set_xlim(-15.5, 15.5)


def _scores(axes, facts: Facts) -> None:
  axes.set(title='Scores of pairs', xlabel='score', ylabel='share')
  found = (facts['probe'] or {}).get('pairs')
  if not found:
    return
  edges = np.histogram_bin_edges(np.concatenate(found['scores']), 40)
  kinds = zip(
    found['scores'],
    ('true', 'false'),
    (figures.BLUE, figures.YELLOW),
    strict=True,
  )
  for scores, name, colour in kinds:
    share = np.histogram(scores, edges)[0] / len(scores)
    axes.stairs(share, edges, color=colour, fill=True, alpha=0.4, label=name)


def _dead(axes, facts: Facts) -> None:
  axes.set(title='Channels that never fire', ylabel='share', ylim=(0, 1))
  layers = (facts['probe'] or {}).get('layers')
  if layers:
    shares = [count / of for count, of in layers.values()]
    axes.bar(range(len(shares)), shares, color=figures.BLUE)
    axes.set_xlabel('layer, by name')
