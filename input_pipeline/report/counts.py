"""What became of every video and track of a preparation, counted.

Rows are those of the manifest: one per candidate track (`shot` tells it), and
one for each video in which no track was found.
"""

import collections
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from input_pipeline import alignment, manifest

# The parts of the line that drop something, in order, and what each asks.
STAGES = {
  'read': 'Can the file be read?',
  'sound': 'Is there sound that can be heard?',
  'face': 'Is there a face?',
  'track': 'Does a face stay long enough in one shot?',
  'quality': 'Is the picture of the face good enough, is there speech?',
  'speaker': 'Is it this face that speaks?',
  'sync': 'Do lips and sound belong together?',
}
OTHER = 'other'  # for rows of which no stage is told
KEPT = 'kept'


class Step(NamedTuple):
  """One line of the funnel.

  A video is left as long as one of its tracks is. `seconds` are left after it:
  of files until tracks are cut out, then of tracks, at last what was kept.
  """

  stage: str
  asks: str
  videos: int
  videos_dropped: int
  tracks: int
  tracks_dropped: int
  seconds: float


class Video(NamedTuple):
  """What became of one file.

  `cuts` are in seconds, those that its tracks tell of; `shots` is 0 when there
  is no track.
  """

  path: str
  rows: list[dict]
  shots: int
  cuts: list[float]


def number(row: Mapping, key: str) -> float | None:
  """A finite number; None for what is missing, null, nan or no number."""
  value = row.get(key)
  if isinstance(value, bool) or not isinstance(value, int | float):
    return None
  return value if math.isfinite(value) else None


def is_track(row: Mapping) -> bool:
  return row['kept'] or row.get('shot') is not None


def length(row: Mapping) -> float:
  """Seconds of a track."""
  start, end = number(row, 'start'), number(row, 'end')
  if start is None or end is None:
    return number(row, 'seconds') or 0
  return end - start


def kept_seconds(rows: Sequence[Mapping]) -> float:
  return sum(number(row, 'seconds') or 0 for row in rows if row['kept'])


def funnel(rows: Sequence[dict]) -> list[Step]:
  """How many videos and tracks each stage got and dropped; last what is kept.

  What enters a stage is what the one before left.
  """
  stages = [*STAGES, OTHER, KEPT]
  ends = [_end(row, stages) for row in rows]
  last, lengths = {}, {}
  for row, end in zip(rows, ends, strict=True):
    path = row['path']
    last[path] = max(last.get(path, 0), end)
    lengths[path] = lengths.get(path) or number(row, 'duration') or 0
  tracks = [
    (length(row), end)
    for row, end in zip(rows, ends, strict=True)
    if is_track(row)
  ]
  first = stages.index('track')
  steps = []
  for k, stage in enumerate(stages):
    if stage == KEPT:
      left = kept_seconds(rows)
    elif k < first:
      left = sum(lengths[path] for path, end in last.items() if end > k)
    else:
      left = sum(length for length, end in tracks if end > k)
    dropped = stage != KEPT
    step = Step(
      stage,
      STAGES.get(stage, ''),
      sum(end >= k for end in last.values()),
      dropped * sum(end == k for end in last.values()),
      sum(end >= k for _, end in tracks),
      dropped * sum(end == k for _, end in tracks),
      left,
    )
    if stage != OTHER or step.videos_dropped or step.tracks_dropped:
      steps.append(step)
  return steps


def reasons(rows: Sequence[dict]) -> dict[str, list[dict]]:
  """Dropped rows by reason, the most frequent first."""
  found = collections.defaultdict(list)
  for row in rows:
    if not row['kept']:
      found[manifest.reason(row)].append(row)
  return dict(sorted(found.items(), key=lambda x: (-len(x[1]), x[0])))


def splits(rows: Sequence[dict]) -> dict[str, tuple[float, int]]:
  """Kept seconds and number of speakers by split; always the usual three."""
  found = {'train': [], 'validation': [], 'test': []}
  for row in rows:
    if row['kept']:
      found.setdefault(row['split'], []).append(row)
  return {
    name: (kept_seconds(part), len({row['speaker'] for row in part}))
    for name, part in found.items()
  }


def speakers(rows: Sequence[dict]) -> list[tuple[str, list[dict]]]:
  """Kept rows by speaker, who is kept longest first."""
  found = collections.defaultdict(list)
  for row in rows:
    if row['kept']:
      found[row['speaker']].append(row)
  return sorted(found.items(), key=lambda x: (-kept_seconds(x[1]), x[0]))


def videos(rows: Sequence[dict]) -> list[Video]:
  """The rows by file, in their order."""
  found = collections.defaultdict(list)
  for row in rows:
    found[row['path']].append(row)
  return [Video(path, own, *_shots(own)) for path, own in found.items()]


def _shots(rows: Sequence[dict]) -> tuple[int, list[float]]:
  """Cuts are where a shot starts or ends, but for the ends of the video."""
  shots = [number(row, 'shot') for row in rows if is_track(row)]
  if not shots:
    return 0, []
  cuts = set()
  for row in rows:
    start, end = number(row, 'shot_start'), number(row, 'shot_end')
    frames, last = number(row, 'frames'), number(row, 'duration')
    # What follows the last frame was not looked at.
    last = frames / alignment.FPS if frames else last
    if start:
      cuts.add(round(start, 2))
    if end and last and end < last - 0.02:
      cuts.add(round(end, 2))
  count = max(int(shot or 0) + 1 for shot in shots)
  return max(count, len(cuts) + 1), sorted(cuts)


def _end(row: Mapping, stages: list[str]) -> int:
  if row['kept']:
    return stages.index(KEPT)
  stage = row.get('stage')
  return stages.index(stage if stage in STAGES else OTHER)
