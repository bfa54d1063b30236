"""The tables of the preparation's report."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any

from input_pipeline import manifest
from input_pipeline.report import counts, html_parts

_SPEAKERS = 50
_VIDEOS = 500
_CUTS = 20


def funnel(rows: Sequence[dict]) -> str:
  """What enters each stage, what it drops and what is left."""
  steps = counts.funnel(rows)
  times = html_parts.durations([step.seconds for step in steps])
  lines, cut = [], False
  for step, time in zip(steps, times, strict=True):
    # Before tracks are cut out, their number says nothing.
    cut |= step.stage == 'track' or step.tracks_dropped > 0
    videos = (True, step.videos, step.videos_dropped)
    tracks = (cut, step.tracks, step.tracks_dropped)
    cells = [step.stage, step.asks]
    for known, enter, dropped in (videos, tracks):
      if not known:
        cells += [''] * 3
      elif step.stage == counts.KEPT:
        cells += ['', '', f'<b>{enter:,}</b>']
      else:
        cells += [f'{n:,}' for n in (enter, dropped, enter - dropped)]
    lines.append([*cells, time])
  names = ['enter', 'dropped', 'left']
  head = ['Stage', 'What it asks', *(f'Videos {name}' for name in names)]
  head += [*(f'Tracks {name}' for name in names), 'Time left']
  return (
    html_parts.table('funnel', head, lines, numbers=range(2, 9))
    + '<p class="note">A video is left as long as one of its tracks is. The '
    'time is that of the files until tracks are cut out of them, then that of '
    'the tracks, where faces that are seen together count each; at last that '
    'of what was written.'
  )


def reasons(rows: Sequence[dict]) -> str:
  """How often each reason was given, with an example."""
  lines = []
  for reason, dropped in counts.reasons(rows).items():
    tracks = [row for row in dropped if counts.is_track(row)]
    start = counts.number(dropped[0], 'start')
    at = '' if start is None else f' at {html_parts.clock(start)}'
    lines.append(
      [
        html_parts.name(reason),
        html_parts.text(dropped[0].get('stage') or ''),
        f'{len(tracks):,}',
        f'{len(dropped) - len(tracks):,}',
        html_parts.name(dropped[0]['path']) + at,
      ]
    )
  if not lines:
    return '<p class="note">Nothing was dropped.'
  head = ['Reason', 'Stage', 'Tracks', 'Videos without a track', 'For example']
  return html_parts.table('reasons', head, lines, numbers=(2, 3))


def speakers(rows: Sequence[dict]) -> str:
  """How much is kept of whom."""
  found = counts.speakers(rows)
  if not found:
    return '<p class="note">Nothing was kept of anybody.'
  shown = found[:_SPEAKERS]
  seconds = [counts.kept_seconds(kept) for _, kept in shown]
  most = max(seconds[0], 1e-9)
  lines = [
    [
      html_parts.name(name),
      html_parts.text(', '.join(sorted({row['split'] for row in kept}))),
      f'{len(kept):,}',
      time,
      f'<i style="width:{100 * own / most:.1f}%"></i>',
    ]
    for (name, kept), own, time in zip(
      shown, seconds, html_parts.durations(seconds), strict=True
    )
  ]
  head = ['Speaker', 'Split', 'Tracks', 'Kept', '']
  said = html_parts.table('speakers', head, lines, numbers=(2, 3))
  if len(found) > _SPEAKERS:
    rest = [row for _, kept in found[_SPEAKERS:] for row in kept]
    time = html_parts.duration(counts.kept_seconds(rest))
    said += f'<p class="note">... and {len(found) - _SPEAKERS:,} more ({time}).'
  return said


def videos(rows: Sequence[dict]) -> str:
  """What happened to each file."""
  found = counts.videos(rows)
  head = ['File', 'Tracks kept', 'Kept', 'Offset', 'Shots', 'Dropped because']
  said = ''
  if len(found) > _VIDEOS:
    said = (
      f'<p class="note">The first {_VIDEOS} of {len(found):,}; all of them are '
      f'in {manifest.NAME}.'
    )
  lines = map(_video, found[:_VIDEOS])
  table = html_parts.table('videos', head, lines, numbers=(1, 2))
  return (
    f'{said}<div class="scroll">{table}</div><p class="note">Offset: frames by '
    'which the sound leads, of every track that was measured. Shots and cuts: '
    'as far as tracks tell of them.'
  )


def _video(video: counts.Video) -> list[str]:
  tracks = [row for row in video.rows if counts.is_track(row)]
  kept = [row for row in tracks if row['kept']]
  cuts = ', '.join(f'{cut:.2f}' for cut in video.cuts[:_CUTS])
  if len(video.cuts) > _CUTS:
    cuts += ', ...'
  return [
    html_parts.name(video.path),
    f'{len(kept)} of {len(tracks)}' if tracks else 'none',
    html_parts.duration(counts.kept_seconds(kept)) if kept else '',
    _offsets(tracks),
    f'{video.shots or ""}'
    + (f' <small>cuts at {cuts} s</small>' if cuts else ''),
    _why(video.rows),
  ]


def _offsets(tracks: Sequence[dict]) -> str:
  found = [counts.number(row, 'offset') for row in tracks]
  numbers = collections.Counter(
    html_parts.signed(offset) for offset in found if offset is not None
  )
  said = [
    f'{offset} ({count}&times;)' if count > 1 else offset
    for offset, count in numbers.most_common(5)
  ]
  return ', '.join(said) + (', ...' if len(numbers) > 5 else '')


def _why(rows: Sequence[dict]) -> str:
  """The reasons; with what is about the file if there is only one row."""
  if len(rows) == 1:
    return html_parts.name(rows[0]['reason'])
  found = counts.reasons(rows)
  return '<br>'.join(
    f'{len(dropped)}&times; {html_parts.name(reason)}'
    for reason, dropped in found.items()
  )


def settings(about: Mapping[str, Any]) -> str:
  """All settings, and how long each part took."""
  groups = {
    name: [[str(key), str(value)] for key, value in group.items()]
    for name, group in about['settings'].items()
  }
  groups['time'] = [
    [stage, html_parts.duration(seconds)]
    for stage, seconds in about['seconds'].items()
  ]
  tables = ''.join(
    f'\n<div><h3>{html_parts.text(name)}</h3>'
    + html_parts.table(
      'settings', ['Name', 'Value'], [map(html_parts.name, x) for x in lines]
    )
    + '</div>'
    for name, lines in groups.items()
  )
  return f'<div class="side">{tables}\n</div>'
