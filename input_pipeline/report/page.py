"""What was kept of a folder of footage, what was not, and why: one HTML page.

Complete in itself, for the person who prepared the footage; the manifest has
the same facts for programs.
"""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from input_pipeline import manifest
from input_pipeline.report import counts, html_parts, plots, sheets, tables

NAME = 'report.html'


def write(
  directory: str | os.PathLike,
  rows: Sequence[dict],
  *,
  about: Mapping[str, Any],
  picture: sheets.Picture,
) -> pathlib.Path:
  """Writes `directory`/report.html.

  Args:
    directory: of the data set.
    rows: of the manifest.
    about: what the rows do not say. 'videos': the folder, as it was given.
      'expert': None, or a dict of 'run', 'step' and 'objective'.
      'min_confidence': a float or None. 'chance': None, or a dict of 'pairs',
      'mean' and 'std', of the confidence of faces with somebody else's sound.
      'settings': name -> dict of settings; one called `max_shift` tells the
      offsets that are accepted, either way. 'seconds': stage -> wall time.
    picture: gives a track's face, [h, w, 3] uint8 RGB, or None. Called for a
      few of the rows.

  Returns:
    The file written.

  Raises:
    OSError: it cannot be written.
  """
  drawn, missing = plots.histograms(rows, about)
  page = f"""<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Prepared: {html_parts.text(about['videos'])}</title>
<style>{html_parts.STYLE}</style>
<h1>What was kept of {html_parts.text(about['videos'])}</h1>
{_headline(rows)}
{_judge(rows, about)}
{_warnings(rows)}
<h2>Where footage was dropped</h2>
{tables.funnel(rows)}
<h2>Why</h2>
{tables.reasons(rows)}
<h2>What was measured</h2>
{_plots(drawn, missing)}
<h2>Faces</h2>
{_faces('kept', [row for row in rows if row['kept']], picture)}
{_faces('dropped', [row for row in rows if not row['kept']], picture)}
<h2>Speakers</h2>
{tables.speakers(rows)}
<h2>Videos</h2>
{tables.videos(rows)}
<h2>Settings and time</h2>
{tables.settings(about)}
</html>
"""
  path = pathlib.Path(directory) / NAME
  path.write_text(page, encoding='utf-8', newline='\n')
  return path


def _headline(rows: Sequence[dict]) -> str:
  """The numbers to see first."""
  tracks = [row for row in rows if counts.is_track(row)]
  kept = sum(row['kept'] for row in rows)
  tiles = [
    (f'{len({row["path"] for row in rows}):,}', 'videos'),
    (f'{len(tracks):,}', 'candidate tracks'),
    (f'{kept:,}', 'kept tracks'),
  ]
  for name, (seconds, speakers) in counts.splits(rows).items():
    plural = '' if speakers == 1 else 's'
    tiles.append(
      (
        html_parts.duration(seconds),
        f'{html_parts.text(name)}, {speakers:,} speaker{plural}',
      )
    )
  cells = ''.join(f'<div><b>{value}</b>{name}</div>' for value, name in tiles)
  return f'<div class="tiles">{cells}</div>'


def _judge(rows: Sequence[dict], about: Mapping[str, Any]) -> str:
  """Which expert judged, and what its confidences are to be compared with."""
  expert, chance = about['expert'], about['chance']
  if expert is None:
    return (
      '<p class="warn"><b>No expert was given: sync was not checked</b>, no '
      'offset was measured and no sound was moved. To do so now, run '
      '<code>python -m tools.prepare --rescore DATA --expert RUN</code>.'
    )
  said = [
    f'Sync was judged by the expert <b>{html_parts.text(expert["run"])}</b>, '
    f'step {html_parts.text(expert["step"])} '
    f'({html_parts.text(expert["objective"])}).'
  ]
  least = about['min_confidence']
  if least is None:
    said.append('No confidence was asked for.')
  else:
    length = (
      f' of tracks of {chance["frames"] / 25:.1f} s, less of longer ones, more '
      'of shorter ones'
      if chance
      and about['settings'].get('thresholds', {}).get('min_confidence') is None
      else ''
    )
    said.append(f'A confidence of at least {least:.3g} was asked{length}.')
  if chance:
    said.append(
      f"Faces with somebody else's sound ({chance['pairs']:,} pairs) reach "
      f'{chance["mean"]:.3g} &plusmn; {chance["std"]:.2g}.'
    )
  moved = sum(bool(row.get('moved')) for row in rows)
  said.append(f'The sound of {moved:,} of the kept tracks was moved.')
  return f'<p class="say">{" ".join(said)}'


def _warnings(rows: Sequence[dict]) -> str:
  """What makes the data set less useful than it looks."""
  found = []
  speakers = {row['speaker'] for row in rows if row['kept']}
  shared = manifest.shared_speakers(rows)
  if not speakers:
    found.append('Nothing was kept. The tables below say why.')
  if len(speakers) == 1:
    found.append(
      f'All that was kept is of a single speaker ({speakers.pop()}): a network '
      'trained on it knows nobody else, and nobody else is there to judge it.'
    )
  if shared:
    names = ', '.join(shared[:5]) + (', ...' if len(shared) > 5 else '')
    found.append(
      f'In more than one split: {names}. Scores on people who were trained on '
      'flatter; put each speaker into one split.'
    )
  return '\n'.join(f'<p class="warn">{html_parts.text(line)}' for line in found)


def _plots(drawn: Mapping[str, bytes], missing: Sequence[str]) -> str:
  images = ''.join(
    f'\n<img alt="{title}" src="{html_parts.image(data, "png")}">'
    for title, data in drawn.items()
  )
  said = f'<div class="plots">{images}\n</div>' if drawn else ''
  if missing:
    names = ', '.join(title.lower() for title in missing)
    said += f'<p class="note">Not plotted, for want of numbers: {names}.'
  return said


def _faces(name: str, rows: Sequence[dict], picture: sheets.Picture) -> str:
  tracks = sum(map(counts.is_track, rows))
  chosen = sheets.choose(rows, picture)
  if not chosen:
    none = 'There are none' if not tracks else f'No pictures of {tracks:,}'
    return f'<h3>Faces {name}</h3><p class="note">{none}.'
  return (
    f'<h3>Faces {name}: {len(chosen)} of {tracks:,}</h3>{sheets.sheet(chosen)}'
  )
