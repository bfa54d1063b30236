"""The distance-offset curve as a picture (Chung & Zisserman, 2016, fig. 7)."""

from collections.abc import Collection, Sequence

import numpy as np

from lipsync_jax.judging import figures, judgement
from lipsync_jax.metrics import sync


def draw(
  titles: Sequence[str],
  judged: Collection[judgement.Judgement],
  min_confidence: float | None = None,
) -> bytes:
  """Videos side by side: distance by offset, and below confidence over time.

  Args:
    titles: of each video.
    judged: with a measurement each.
    min_confidence: see `judgement.Judgement`.

  Returns:
    A PNG.
  """
  count = len(judged)
  figure = figures.make(1 + 3.2 * count, 4.6)
  axes = figure.subplots(
    2, count, sharey='row', squeeze=False, height_ratios=(2, 1)
  )
  for title, each, (above, below) in zip(titles, judged, axes.T, strict=True):
    _curve(above, title, each, min_confidence)
    _over_time(below, each)
  cosine = any(each.measured.similarity == 'cosine' for each in judged)
  axes[0, 0].set_ylabel('distance (1 - cosine)' if cosine else 'distance')
  axes[1, 0].set_ylabel('confidence')
  return figures.png(figure)


def distances(judged: judgement.Judgement) -> np.ndarray:
  """[31] mean distance by lead, -15 first; nan where it is not known."""
  curve = np.array(
    [np.nan if s is None else s for s in judged.measured.curve], np.float64
  )
  return 1 - curve if judged.measured.similarity == 'cosine' else -curve


def _curve(axes, title: str, judged, min_confidence) -> None:
  found, values = judged.measured, distances(judged)
  leads = np.arange(-sync.MAX_OFFSET, sync.MAX_OFFSET + 1)
  median, least = np.nanmedian(values), np.nanmin(values)
  axes.plot(leads, values, color=figures.BLUE, lw=1.6)
  axes.axhline(median, color=figures.GREY, lw=0.8, ls='--')
  axes.axhline(median - judged.level, color=figures.GREY, lw=0.8, ls=':')
  ends = {'fontsize': 7, 'color': figures.GREY, 'va': 'bottom', 'ha': 'right'}
  axes.text(15, median, 'median', **ends)
  axes.text(15, median - judged.level, 'wrong sounds', **ends)
  axes.plot(found.offset, least, 'o', color=figures.RED, ms=5)
  axes.annotate(
    '',
    (found.offset, least),
    (found.offset, median),
    arrowprops={'arrowstyle': '<->', 'color': figures.RED, 'lw': 1},
  )
  verdict = judged.verdict(min_confidence)
  axes.set_title(
    f'{_short(title)}\n{verdict}: offset {found.offset:+d}, confidence '
    f'{found.confidence:.2f}',
    fontsize=9,
    parse_math=False,  # names of files may have $ in them
  )
  axes.set_xlabel('frames by which the sound leads', fontsize=8)
  figures.plain(axes)


def _over_time(axes, judged) -> None:
  values = judged.frame_confidence
  figures.over_time(axes, judged.speech)
  times = np.arange(len(values)) / figures.FPS
  axes.plot(times, values, color=figures.BLUE, lw=1.2)
  axes.set_xlabel('seconds (grey: silence)', fontsize=8)
  figures.plain(axes)


def _short(title: str) -> str:
  return title if len(title) <= 34 else f'{title[:31]}...'
