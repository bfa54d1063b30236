"""How good an expert is, as a picture: scores, ROC, accuracy by span."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lipsync_jax.judging import figures

_COLOURS = {
  'true': figures.BLUE,
  'same_clip': figures.YELLOW,
  'two_clips': '#009e73',
}
_NAMES = {
  'true': 'own sound',
  'same_clip': 'sound of another moment',
  'two_clips': 'sound of another clip',
}
_SHORT = {'same_clip': 'other moment', 'two_clips': 'other clip'}
_CHANCE = 100 * 3 / 31  # of 31 offsets, those within one frame


def draw(
  found: Mapping[str, Any],
  about: Mapping[str, Any],
  *,
  lrs2: Mapping[str, Sequence[float]],
) -> bytes:
  """A PNG of three panels.

  Args:
    found: from `expert_accuracy.measure_clips`.
    about: the expert, see `scorer.describe`.
    lrs2: published percentages by span, of other data.
  """
  figure = figures.make(10.0, 4.4)
  scores, roc, spans = figure.subplots(1, 3)
  _scores(scores, found)
  _roc(roc, found['pairs'])
  _spans(spans, found['offsets'], lrs2)
  figure.suptitle(
    f'{about["run"]}, step {about["step"]} ({about["objective"]}): '
    f'{found["clips"]} clips, {found["windows"]} windows',
    fontsize='medium',
    parse_math=False,  # names of folders may have $ in them
  )
  for axes in (scores, roc, spans):
    figures.plain(axes)
    # Below: within, curves of some expert would run through it.
    axes.legend(
      fontsize='small',
      frameon=False,
      loc='upper center',
      bbox_to_anchor=(0.5, -0.14),
    )
  return figures.png(figure)


def _scores(axes, found) -> None:
  """Histograms of the scores of true and of false pairs."""
  distance = found['similarity'] == 'distance'
  edges = np.array(found['histogram']['edges']) * (-1 if distance else 1)
  for kind, colour in _COLOURS.items():
    if kind in found['histogram']:
      heights = found['histogram'][kind]
      name = _NAMES[kind]
      axes.stairs(heights, edges, color=colour, lw=1.5, label=name)
      axes.stairs(heights, edges, color=colour, fill=True, alpha=0.2)
  axes.set(
    title='Pairs of 5 frames',
    xlabel='distance' if distance else 'similarity (cosine)',
    ylabel='share of the pairs',
  )


def _roc(axes, pairs) -> None:
  for kind, by_span in pairs.items():
    for span, style in (('5', '-'), ('15', '--')):
      told = by_span[span]
      axes.plot(
        told['roc']['false_rates'],
        told['roc']['true_rates'],
        style,
        color=_COLOURS[kind],
        label=f'{_SHORT[kind]}, {span} frames: {told["area"]:.2f}',
      )
  axes.plot([0, 1], [0, 1], ':', color=figures.GREY, lw=1, label='chance')
  axes.set(
    title='ROC (and its area)',
    xlabel='false pairs called true',
    ylabel='true pairs called true',
    aspect='equal',
  )


def _spans(axes, offsets, lrs2) -> None:
  for name, label in (('in_place', 'in place'), ('moved', 'sound also moved')):
    shares = {
      k: v for k, v in offsets[name].items() if v is not None and k != 'clip'
    }
    axes.plot(
      [int(k) for k in shares],
      [100 * share for share in shares.values()],
      'o-' if name == 'in_place' else 's--',
      color=figures.BLUE,
      label=label,
    )
  spans = [int(k) for k in offsets['in_place'] if k != 'clip']
  for (name, row), marker in zip(lrs2.items(), '^D', strict=True):
    axes.plot(
      spans,
      row,
      ':',
      color=figures.GREY,
      marker=marker,
      ms=4,
      label=f'{name}, other data (LRS2)',
    )
  axes.axhline(_CHANCE, ls=':', color=figures.GREY, lw=1, label='chance')
  axes.set(
    title='Offset found within one frame',
    xlabel='frames judged at once',
    ylabel='percent',
    ylim=(0, 101),
    xticks=spans,
  )
