"""One speaker's footage, a part of it held out to judge by.

`tools.prepare` keeps a speaker in one split, so that people are judged by whom
no network has seen. To learn one person's mouth, both parts must be hers.
"""

import dataclasses
import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence

from input_pipeline import alignment, labels, records, shards

# Frames between what is learnt and what is held out of the same clip, whose
# neighbours look alike: a chunk.
GAP = records.CHUNK_FRAMES

_LEAST = 2 * records.CHUNK_FRAMES + GAP


@dataclasses.dataclass(frozen=True)
class Place:
  """Where a record is from: its clip, first frame and length in frames."""

  clip: str  # the video, whichever of its tracks it is
  start: int
  frames: int


@dataclasses.dataclass(frozen=True)
class Parts:
  """Both parts of one speaker's records, and what they are, for people."""

  train: labels.Subset
  held_out: labels.Subset
  report: str


class Joined(Sequence[bytes]):
  """Several sources, one after the other."""

  def __init__(self, sources: Sequence[Sequence[bytes]]):
    self._places = [(s, k) for s in sources for k in range(len(s))]

  def __len__(self) -> int:
    return len(self._places)

  def __getitem__(self, k: int) -> bytes:
    source, inner = self._places[k]
    return source[inner]


def load(
  directory: str | os.PathLike,
  speaker: str,
  *,
  share: float,
  open_split: Callable[[str], Sequence[bytes]] | None = None,
) -> Parts:
  """One speaker's records of all splits of a data set.

  Args:
    directory: what tools.prepare wrote; a single split will do.
    speaker: who; '' where the data set has one only.
    share: of the frames to hold out, about.
    open_split: gives the records of a split by its name; `shards.load_split`
      if not given.

  Raises:
    FileNotFoundError: there is no such data set.
    ValueError: the speaker is unknown or not said, the share is not between 0
      and 1, or the footage is too little.
  """
  names = shards.split_names(directory) or {'train': ''}
  opened = open_split or functools.partial(shards.load_split, directory)
  source = Joined([opened(split) for split in names])
  places: dict[str, dict[int, Place]] = {}
  for k, raw in enumerate(source):
    record = records.parse(raw)
    # Tracks of one video, `tools.prepare` calls them VIDEO#1 and so on, are
    # neighbours in time, or the same time twice.
    video = re.sub(r'#\d+$', '', record.clip_id)
    place = Place(video, record.start_frame, record.num_frames)
    places.setdefault(record.speaker, {})[k] = place
  if not speaker and len(places) == 1:
    speaker = next(iter(places))
  if speaker not in places:
    raise ValueError(
      f'{directory} has no speaker {speaker!r}. Choose one by '
      f'--config.data.speaker=NAME: {_names(places)}.'
    )
  found = places[speaker]
  try:
    learnt, kept = divide(found, share)
  except ValueError as error:
    raise ValueError(f'{speaker}: {error}') from error

  def part(chosen):
    said = f'{_seconds(found[k] for k in chosen):.0f} s in {len(chosen)} chunks'
    clips = [found[k].clip for k in chosen]
    return labels.Subset(source, chosen, clips, said)

  parts = part(learnt), part(kept)
  report = (
    f'{speaker}: {parts[0].report} to train on, {parts[1].report} held out'
  )
  if shared := sorted(set(parts[0].clip_ids) & set(parts[1].clip_ids)):
    report += f' (the end of {shared[0]}, with a gap)'
  return Parts(*parts, report)


def divide(
  places: Mapping[int, Place], share: float
) -> tuple[list[int], list[int]]:
  """Which records to learn from, and which to hold out; in order of time.

  Whole clips, the last by name: recordings are numbered, and what was said in
  one go stays together. Only a single clip is cut, and its last chunks are held
  out, with a gap.

  Args:
    places: of records, by any number.
    share: of the frames to hold out, about.

  Raises:
    ValueError: the share is not between 0 and 1, or the footage is too little.
  """
  if not 0 < share < 1:
    raise ValueError(f'data.held_out is {share}: choose between 0 and 1.')
  order = sorted(places, key=lambda k: (places[k].clip, places[k].start, k))
  lengths: dict[str, int] = {}
  for k in order:
    clip = places[k].clip
    lengths[clip] = lengths.get(clip, 0) + places[k].frames
  wanted = share * sum(lengths.values())
  if len(lengths) == 1:
    learnt, kept = _cut(places, order, wanted)
  else:
    clips = _last_clips(lengths, wanted)
    kept = [k for k in order if places[k].clip in clips]
    learnt = [k for k in order if places[k].clip not in clips]
  if not (learnt and kept):
    raise ValueError(
      f'{_seconds(places.values()):.1f} s of one clip are too little to train '
      f'on and to judge by. Needed: {_LEAST // alignment.FPS} s (3 to learn, a '
      'gap of 3, 3 held out) or a second clip; some minutes are better.'
    )
  return learnt, kept


def _last_clips(lengths: Mapping[str, int], wanted: float) -> set[str]:
  """The last by name whose frames come nearest to `wanted`; one at least."""
  chosen, total = set(), 0
  for clip in reversed(lengths):
    if abs(total + lengths[clip] - wanted) < abs(total - wanted):
      chosen.add(clip)
      total += lengths[clip]
  return chosen or {min(reversed(lengths), key=lengths.__getitem__)}


def _cut(
  places: Mapping[int, Place], order: Sequence[int], wanted: float
) -> tuple[list[int], list[int]]:
  """Chunks of one clip: all that end well before the last ones, and those."""
  kept: list[int] = []
  while len(kept) < len(order) and sum(places[k].frames for k in kept) < wanted:
    kept.insert(0, order[len(order) - 1 - len(kept)])
  first = places[kept[0]].start
  learnt = [
    k for k in order if places[k].start + places[k].frames + GAP <= first
  ]
  return learnt, kept


def _seconds(places) -> float:
  return sum(place.frames for place in places) / alignment.FPS


def _names(places: Mapping[str, Mapping[int, Place]]) -> str:
  length = {name: _seconds(found.values()) for name, found in places.items()}
  order = sorted(length, key=lambda name: (-length[name], name))
  shown = [f'{name} ({length[name]:.0f} s)' for name in order[:10]]
  more = f' and {len(order) - 10} others' if len(order) > 10 else ''
  return ', '.join(shown) + more
