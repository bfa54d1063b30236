"""Small pictures of every clip, and which of them to show: the worst."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from lipsync_jax.evaluation import catalogue, items
from lipsync_jax.evaluation import clip as clip_lib

_COLUMNS = 12
_SIDE = 80  # pixels
_WORST = 3  # of each row and measure
_QUALITY = 85
# What makes a clip bad, by kind of pair: the measure, and whether less is.
_FAULTS = {
  catalogue.OWN: (('confidence', True), ('ssim', True)),
  catalogue.OTHER: (('confidence', True), ('leakage', False)),
  catalogue.SILENCE: (('silence_opening', False),),
}


class Shown(NamedTuple):
  """Clips that are bad in one way.

  Attributes:
    title: of what, and in which way.
    clips: their rows of the results, the worst first.
    measure: which number says so.
  """

  title: str
  clips: Sequence[Mapping[str, Any]]
  measure: str


def strip(clip: clip_lib.Clip) -> bytes | None:
  """JPEG: above the source, below what was made of it, at the same times."""
  pairs = []
  count = sum(min(len(p.crops), len(t)) for p, t in clip.pieces())
  step, seen = max(1, count // _COLUMNS), 0
  for piece, twin in clip.pieces():
    for made, truth in zip(piece.crops, twin, strict=False):
      if seen % step == step // 2 and len(pairs) < _COLUMNS:
        pairs.append([_small(truth), _small(made)])
      seen += 1
  if not pairs:
    return None
  picture = np.concatenate([np.concatenate(pair, 0) for pair in pairs], 1)
  quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
  return cv2.imencode('.jpg', picture[..., ::-1], quality)[1].tobytes()


def worst(found: Mapping[str, Any]) -> Iterator[Shown]:
  """The clips of every system to look at.

  Args:
    found: see `results.make`.
  """
  for row in found['rows']:
    if row['row'] in (items.GROUND_TRUTH, items.UNMODIFIED):
      continue
    clips = [
      clip
      for clip in found['clips']
      if (clip['row'], clip['kind']) == (row['row'], row['kind'])
    ]
    for name, less in _FAULTS[row['kind']]:
      known = [clip for clip in clips if clip.get(name) is not None]
      known.sort(key=lambda clip, n=name: clip[n], reverse=not less)
      if known:
        title = catalogue.ENTRIES[name].title
        which = 'least' if less else 'most'
        kind = catalogue.KINDS[row['kind']].lower()
        yield Shown(
          f'{row["row"]}, {kind}: {which} {title}', known[:_WORST], name
        )


def _small(crop: np.ndarray) -> np.ndarray:
  return cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
