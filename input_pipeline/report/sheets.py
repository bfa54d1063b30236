"""Contact sheets: small pictures of kept and of dropped faces."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from input_pipeline import manifest
from input_pipeline.report import counts, html_parts

SIZE = 96  # of the longer side, pixels
COUNT = 48
# Tracks that have no picture are passed over, but not for ever.
_TRIES = 4 * COUNT
_GOLDEN = (5**0.5 - 1) / 2
_QUALITY = 85

# A row's face, [h, w, 3] uint8 RGB.
Picture = Callable[[dict], np.ndarray | None]


def choose(
  rows: Sequence[dict], picture: Picture
) -> list[tuple[dict, np.ndarray]]:
  """Up to `COUNT` tracks with their faces, the same for the same rows.

  Evenly chosen, each reason as often as the others as far as it has tracks.

  Returns:
    (row, [h, w, 3] uint8 RGB) by reason, then as the rows are.
  """
  groups = {}
  for k, row in enumerate(rows):
    if counts.is_track(row):
      reason = '' if row['kept'] else manifest.reason(row)
      groups.setdefault(reason, []).append(k)
  names = sorted(groups, key=lambda name: (-len(groups[name]), name))
  order = _in_turn([_spread(groups[name]) for name in names])
  found = {}
  for k in itertools.islice(order, _TRIES):
    face = picture(rows[k])
    if face is not None:
      found[k] = face
    if len(found) == COUNT:
      break
  shown = [k for name in names for k in groups[name] if k in found]
  return [(rows[k], found[k]) for k in shown]


def sheet(chosen: Sequence[tuple[dict, np.ndarray]]) -> str:
  """The faces with a caption each, as HTML."""
  figures = ''.join(
    f'\n<figure title="{_facts(row)}"><img alt="" src="{_jpeg(face)}">'
    f'<figcaption>{_caption(row)}</figcaption></figure>'
    for row, face in chosen
  )
  return f'<div class="sheet">{figures}\n</div>'


def _spread(indices: Sequence[int]) -> list[int]:
  """An order of which every beginning is evenly spread.

  The multiples of the golden ratio that fall into 0..x after the decimal point
  are at most three different distances apart (three-distance theorem).
  """
  order = sorted(range(len(indices)), key=lambda k: k * _GOLDEN % 1)
  return [indices[k] for k in order]


def _in_turn(groups: Sequence[Sequence[int]]) -> Iterator[int]:
  for turn in itertools.zip_longest(*groups):
    yield from (k for k in turn if k is not None)


def _jpeg(face: np.ndarray) -> str:
  scale = SIZE / max(face.shape[:2])
  size = [max(round(side * scale), 1) for side in face.shape[1::-1]]
  small = cv2.resize(face, size, interpolation=cv2.INTER_AREA)
  _, data = cv2.imencode(
    '.jpg', small[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
  )
  return html_parts.image(data.tobytes(), 'jpeg')


def _caption(row: dict) -> str:
  start = counts.number(row, 'start')
  offset = counts.number(row, 'offset')
  confidence = counts.number(row, 'confidence')
  said = []
  if not row['kept']:
    said.append(manifest.reason(row))
  elif confidence is not None:
    said.append(f'confidence {confidence:.2f}')
  if row['kept'] and offset is not None:
    said.append(f'offset {html_parts.signed(offset)}')
  time = '' if start is None else f'{html_parts.clock(start)}<br>'
  return html_parts.name(row['path']) + time + html_parts.text(', '.join(said))


def _facts(row: dict) -> str:
  """All that the manifest says, but for its lists."""
  facts = (
    f'{key}: {value:.5g}' if isinstance(value, float) else f'{key}: {value}'
    for key, value in row.items()
    if not isinstance(value, list) and value not in (None, '')
  )
  # What stands between quotes may have lines.
  return '\n'.join(html_parts.text(fact) for fact in facts)
