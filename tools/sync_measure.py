"""`tools.sync measure`: offset and confidence of videos."""

import argparse
from typing import Any

import tqdm

from tools import sync_compat, sync_options

_EXAMPLE = """\
example:
  python -m tools.sync measure --expert runs/expert --json sync.json talk.mp4

The sound is compared with the lips at every offset up to 15 frames (0.6 s, at
25 frames a second). The offset is where they fit best; the confidence is how
much better they fit there than at most offsets. An offset is called
undetermined where less than 0.6 s of speech is heard, or where the confidence
is no more than wrong sounds reach: the same pictures are compared with their
own sound cut into pieces that are put in another order.

exit codes: 0 all measured, 2 bad input (the other videos are measured).
"""
_SIDE_BY_SIDE = 6


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = sync_options.parser(
    commands,
    'measure',
    about='offset and confidence of videos',
    description='Offset between sound and lips of videos, and its confidence.',
    epilog=_EXAMPLE,
  )
  parser.set_defaults(run=_measure)
  sync_options.least_confidence(parser)
  parser.add_argument(
    '--plot',
    metavar='PATH',
    help='draw the curves: a .png of all videos side by side, or a folder for '
    'one of each',
  )
  sync_compat.add_arguments(parser)


def _measure(options: argparse.Namespace) -> int:
  if options.compat:
    return sync_compat.run(options)
  sync_compat.check_absent(options)
  sync_options.check_plot(options.plot, options.videos, _SIDE_BY_SIDE)
  tools = sync_options.load(options)
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.judging import measure_video

  judgements = {}

  def measure(path: str) -> dict[str, Any]:
    found = judgements[path] = measure_video.measure(
      tools.judge, path, tools.detector, detect_every=options.detect_every
    )
    tqdm.tqdm.write(lines(path, found, options.min_confidence))
    return found.about(options.min_confidence)

  rows = list(sync_options.each(options.videos, measure))
  sync_options.write_json(options.json, tools.about | {'videos': rows})
  _plot(options, judgements)
  return 2 if any('error' in row for row in rows) else 0


def lines(path: str, judged: Any, least: float | None) -> str:
  """What is printed of a `Judgement`."""
  words = f'{path}: {judged.words(least)}'
  found = judged.measured
  if found is None:
    return words
  peak = (
    f'least distance {found.peak:.3f}'
    if found.similarity == 'distance'
    else f'peak similarity {found.peak:.3f}'
  )
  pieces = f' in {found.chunks} pieces' if found.chunks > 1 else ''
  return (
    f'{words}\n  offset {found.offset:+d} frames, confidence '
    f'{found.confidence:.3f} (wrong sounds: {judged.level:.3f}), {peak}, '
    f'{found.frames} frames{pieces}\n  {judged.summary()}'
  )


def _plot(options: argparse.Namespace, judgements: dict[str, Any]) -> None:
  from lipsync_jax.judging import sync_plot

  drawn = {
    path: judged for path, judged in judgements.items() if judged.measured
  }
  if not options.plot or not drawn:
    return
  least = options.min_confidence
  titles = dict(zip(drawn, sync_options.names(drawn), strict=True))
  if options.plot.lower().endswith('.png'):
    whole = sync_plot.draw([*titles.values()], [*drawn.values()], least)
    pictures = {options.plot: whole}
  else:
    pictures = {
      path: sync_plot.draw([titles[path]], [judged], least)
      for path, judged in drawn.items()
    }
  sync_options.write_plots(options.plot, pictures)
