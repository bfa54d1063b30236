"""The results as one HTML page, complete in itself but for the videos."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from input_pipeline.report import html_parts
from lipsync_jax.evaluation import (
  catalogue,
  items,
  plots,
  results,
  strips,
  tables,
)

_SCRIPT = """
document.querySelectorAll('table.sortable th').forEach((head) => {
  head.tabIndex = 0;
  const sort = () => {
    const table = head.closest('table'), body = table.tBodies[0];
    const column = [...head.parentNode.children].indexOf(head);
    const down = head.ariaSort === 'ascending';
    table.querySelectorAll('th').forEach((other) => other.ariaSort = 'none');
    head.ariaSort = down ? 'descending' : 'ascending';
    const value = (row) => row.cells[column].textContent;
    const number = (text) => text === '' ? NaN : Number(text);
    [...body.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)], [m, n] = [number(x), number(y)];
      const empty = (x === '') - (y === '');
      if (empty) return empty;
      const order = isNaN(m) || isNaN(n) ? x.localeCompare(y) : m - n;
      return down ? -order : order;
    }).forEach((row) => body.append(row));
  };
  head.addEventListener('click', sort);
  head.addEventListener('keydown', (e) => e.key === 'Enter' && sort());
});
"""
_STYLE = """
table.sortable th { cursor: pointer; }
table.sortable th[aria-sort=ascending]::after { content: ' \\25b2'; }
table.sortable th[aria-sort=descending]::after { content: ' \\25bc'; }
.wide { overflow-x: auto; } .clips { font-size: 13px; }
.rows { font-size: 14px; }
.rows td, .rows th { padding: .2em .5em; }
.best { font-weight: 600; }
figure.clip { font-size: 13px; margin: 1em 0; }
figure.clip img { max-width: 100%; }
"""


def make(
  found: Mapping[str, Any],
  notes: Sequence[str],
  picture: Callable[[Mapping[str, Any]], bytes | None],
) -> str:
  """The page.

  Args:
    found: see `results.make`.
    notes: see `results.notes`.
    picture: JPEG of a clip, if there is one.
  """
  name = html_parts.text(found['protocol']['name'])
  parts = [
    f'<h1>{name}</h1>',
    f'<p>{html_parts.text(found["protocol"]["about"])}',
  ]
  for kind, title in catalogue.KINDS.items():
    rows = [row for row in found['rows'] if row['kind'] == kind]
    if rows:
      parts += [f'<h2>{html_parts.text(title)}</h2>', *_kind(found, kind, rows)]
  parts += ['<h2>What the numbers are</h2>', _meanings(found)]
  parts += ['<h2>How they were made</h2>', _list(notes)]
  parts += ['<h2>Worst clips</h2>', *_worst(found, picture)]
  said = '<p class="note">Click the head of a column to sort by it.'
  parts += ['<h2>All clips</h2>', said, _clips(found)]
  body = '\n'.join(parts)
  return f"""<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>{html_parts.STYLE}{_STYLE}</style>
{body}
<script>{_SCRIPT}</script>
</html>
"""


def _kind(found: Mapping[str, Any], kind: str, rows: list[dict[str, Any]]):
  names = tables.columns(kind, rows)
  head = ['', 'clips', *(results.title(found, name) for name in names)]
  best = {name: _best(rows, name) for name in names}
  cells = [
    [html_parts.text(row['row']), _count(row)]
    + [_mean(row, name, best[name]) for name in names]
    for row in rows
  ]
  numbers = range(1, len(head))
  table = html_parts.table('rows', head, cells, numbers=numbers)
  yield f'<div class="wide">{table}</div>'
  drawn = {}
  if any(row['offsets'] for row in rows):
    drawn['Offsets'] = plots.offsets(rows)
  clips = [clip for clip in found['clips'] if clip['kind'] == kind]
  if kind == catalogue.OTHER:
    clips += [c for c in found['clips'] if c['row'] == items.GROUND_TRUTH]
  for name in names:
    if name in ('confidence', 'ssim', 'leakage', 'silence_opening'):
      title = results.title(found, name)
      measured = [row['row'] for row in rows if name in row['means']]
      drawn[title] = plots.spread(clips, measured, name, title)
  images = ''.join(
    f'\n<img alt="{html_parts.text(title)}" '
    f'src="{html_parts.image(data, "png")}">'
    for title, data in drawn.items()
  )
  yield f'<div class="plots">{images}\n</div>'


def _best(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
  """The best mean of the systems, where there is a better."""
  better = catalogue.ENTRIES[name].better
  values = [
    row['means'][name]
    for row in rows
    if row['row'] not in (items.GROUND_TRUTH, items.UNMODIFIED)
    and name in row['means']
  ]
  if not better or len(values) < 2:
    return None
  return max(values) if better == 'more' else min(values)


def _count(row: Mapping[str, Any]) -> str:
  failed = f' ({row["failed"]} failed)' if row['failed'] else ''
  return f'{row["clips"]}{failed}'


def _mean(row: Mapping[str, Any], name: str, best: float | None) -> str:
  text = tables.cell(row, name)
  if text and name in row['errors']:
    digits = catalogue.ENTRIES[name].digits
    text += f'<small> &plusmn;{row["errors"][name]:.{digits}f}</small>'
  is_best = best is not None and row['means'].get(name) == best
  return f'<span class="best">{text}</span>' if is_best else text


def _meanings(found: Mapping[str, Any]) -> str:
  shown = {name for row in found['rows'] for name in row['means']}
  arrows = {'more': 'more is better', 'less': 'less is better', '': ''}
  rows = [
    [results.title(found, name), html_parts.text(entry.meaning)]
    + [arrows[entry.better]]
    for name, entry in catalogue.ENTRIES.items()
    if name in shown
  ]
  return html_parts.table('meanings', ['', 'meaning', ''], rows) + (
    '<p class="note">&plusmn;: standard error of the mean over clips. Bold: '
    'the best system, where there are several.'
  )


def _list(lines: Sequence[str]) -> str:
  return '<ul>' + ''.join(f'<li>{html_parts.text(x)}' for x in lines) + '</ul>'


def _worst(found: Mapping[str, Any], picture: Callable) -> Iterator[str]:
  yield '<p class="note">Above the source, below what was made of it.'
  for shown in strips.worst(found):
    yield f'<h3>{html_parts.text(shown.title)}</h3>'
    for clip in shown.clips:
      data = picture(clip)
      image = ''
      if data:
        image = f'<img alt="" src="{html_parts.image(data, "jpeg")}">'
      value = _number(clip[shown.measure], shown.measure)
      said = f'{value}: {clip["video"]}'
      if not clip['video'] == clip['audio']:
        said += f' with the sound of {clip["audio"]}'
      yield (
        f'<figure class="clip">{image}<figcaption>{html_parts.text(said)}'
        '</figcaption></figure>'
      )


def _clips(found: Mapping[str, Any]) -> str:
  clips = found['clips']
  names = [n for n in catalogue.ENTRIES if any(n in clip for clip in clips)]
  head = ['row', 'sound', 'video', 'audio']
  head += [results.title(found, name) for name in names]
  if any('error' in clip for clip in clips):
    head.append('error')
  rows = []
  for clip in clips:
    about = [clip[key] for key in ('row', 'kind', 'video', 'audio')]
    cells = [html_parts.text(value) for value in about]
    cells += [_number(clip.get(name), name) for name in names]
    if 'error' in head:
      cells.append(html_parts.text(clip.get('error', '')))
    rows.append(cells)
  table = html_parts.table(
    'sortable clips', head, rows, numbers=range(4, 4 + len(names))
  )
  return f'<div class="scroll">{table}</div>'


def _number(value: float | None, name: str) -> str:
  if value is None or not np.isfinite(value):
    return ''
  return f'{value:.{catalogue.ENTRIES[name].digits}f}'
