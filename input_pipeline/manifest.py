"""The list of every face track found, what became of it, and why not."""

import collections
import json
import os
import pathlib
from collections.abc import Iterable

NAME = 'manifest.jsonl'


def write(directory: str | os.PathLike, rows: list[dict]):
  """Writes one JSON object per row and line."""
  path = pathlib.Path(directory) / NAME
  # Half characters, which UTF-8 has not, are \udcff in JSON too.
  with open(path, 'w', encoding='utf-8', errors='backslashreplace') as file:
    for row in rows:
      file.write(json.dumps(row, ensure_ascii=False) + '\n')


def read(directory: str | os.PathLike) -> list[dict]:
  with open(pathlib.Path(directory) / NAME, encoding='utf-8') as file:
    return parse(file)


def parse(lines: Iterable[str | bytes]) -> list[dict]:
  return [json.loads(line) for line in lines]


def summary(rows: list[dict]) -> str:
  """A report for people: what was kept, why the rest was not, who speaks."""
  kept = [row for row in rows if row['kept']]
  tracks = sum('track' in row for row in rows)
  videos = len({row['path'] for row in rows})
  lines = [f'{len(kept)} of {tracks} candidates kept, of {videos} videos']
  reasons = collections.Counter(reason(row) for row in rows if not row['kept'])
  for why, count in reasons.most_common():
    lines.append(f'  {count} dropped: {why}')
  for split in sorted({row['split'] for row in kept}):
    part = [row for row in kept if row['split'] == split]
    speakers = sorted({row['speaker'] for row in part})
    names = ', '.join(speakers[:12]) + (', ...' if len(speakers) > 12 else '')
    seconds = sum(row['seconds'] for row in part)
    chunks = sum(row['chunks'] for row in part)
    lines.append(
      f'{split}: {len(part)} tracks, {chunks} chunks, {_duration(seconds)}, '
      f'{len(speakers)} speakers ({names})'
    )
  return '\n'.join(lines)


def reason(row: dict) -> str:
  """Why a row was dropped, without what is about its file alone."""
  return row['reason'].partition(': ')[0]


def shared_speakers(rows: list[dict]) -> list[str]:
  """Speakers that are in more than one split, which flatters every score."""
  splits = collections.defaultdict(set)
  for row in rows:
    if row['kept']:
      splits[row['speaker']].add(row['split'])
  return sorted(name for name, found in splits.items() if len(found) > 1)


def _duration(seconds: float) -> str:
  if seconds < 120:
    return f'{seconds:.0f} s'
  if seconds < 7200:
    return f'{seconds / 60:.1f} min'
  return f'{seconds / 3600:.1f} h'
