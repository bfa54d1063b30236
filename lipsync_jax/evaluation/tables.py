"""The results as JSON, CSV and Markdown; the same results, the same bytes."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from lipsync_jax.evaluation import catalogue

_ABOUT = ('kind', 'row', 'video', 'audio', 'error')


def columns(kind: str, rows: Iterable[dict[str, Any]]) -> list[str]:
  """The measures of one kind of pair that any row has."""
  rows = list(rows)
  return [
    name
    for name in catalogue.COLUMNS[kind]
    if any(row['means'].get(name) is not None for row in rows)
  ]


def as_json(results: dict[str, Any]) -> str:
  return json.dumps(results, indent=1, sort_keys=True) + '\n'


def clips_csv(clips: Sequence[dict[str, Any]]) -> str:
  """A line for each clip; an empty cell where nothing was measured."""
  names = [n for n in catalogue.ENTRIES if any(n in clip for clip in clips)]
  more = sorted({n for clip in clips for n in clip} - {*_ABOUT, *names})
  text = io.StringIO()
  writer = csv.DictWriter(
    text, [*_ABOUT, *names, *more], lineterminator='\n', restval=''
  )
  writer.writeheader()
  writer.writerows(clips)
  return text.getvalue()


def summary_csv(rows: Sequence[dict[str, Any]]) -> str:
  """A line for each row of the tables."""
  names = [
    n for n in catalogue.ENTRIES if any(n in row['means'] for row in rows)
  ]
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerow(['kind', 'row', 'clips', 'failed', *names])
  for row in rows:
    values = [row['means'].get(name, '') for name in names]
    writer.writerow(
      [row['kind'], row['row'], row['clips'], row['failed'], *values]
    )
  return text.getvalue()


def markdown(results: dict[str, Any], notes: Sequence[str]) -> str:
  """The tables, what was measured, and how.

  Args:
    results: see `results.make`.
    notes: what else is to be said, one line each.
  """
  parts = [f'# {results["protocol"]["name"]}', results['protocol']['about']]
  for kind, title in catalogue.KINDS.items():
    rows = [row for row in results['rows'] if row['kind'] == kind]
    if rows:
      parts += [f'## {title}', _table(kind, rows)]
  parts.append('\n'.join(f'- {note}' for note in notes))
  return '\n\n'.join(parts) + '\n'


def cell(row: dict[str, Any], name: str) -> str:
  """A mean as text; nothing where there is none."""
  value = row['means'].get(name)
  return '' if value is None else f'{value:.{catalogue.ENTRIES[name].digits}f}'


def _table(kind: str, rows: list[dict[str, Any]]) -> str:
  names = columns(kind, rows)
  titles = [catalogue.ENTRIES[name].title for name in names]
  lines = [_line(['', 'clips', *titles]), '|---' * (len(names) + 2) + '|']
  for row in rows:
    count = f'{row["clips"]}'
    if row['failed']:
      count += f' ({row["failed"]} failed)'
    cells = [row['row'], count, *(cell(row, name) for name in names)]
    lines.append(_line(cells))
  return '\n'.join(lines)


def _line(cells: Iterable[str]) -> str:
  return '| ' + ' | '.join(cell.replace('|', r'\|') for cell in cells) + ' |'
