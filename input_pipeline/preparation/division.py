"""Which split and shard every record goes to, decided from their sizes alone.

For runners that hold the records in many places: the shards are those that
`assemble.write` makes of the same records, one after the other.
"""

import bisect
import dataclasses
import itertools
from collections.abc import Sequence

from input_pipeline import shards, splits

# A record's place in the order of all: path of its video, row in the video's
# rows, number in its track.
Key = tuple[str, int, int]


@dataclasses.dataclass(frozen=True)
class Video:
  """A video of which something is kept.

  Attributes:
    path: as in the manifest.
    speaker: who speaks.
    given_split: or '', see `sources.Source.split`.
    sizes: (row, number in its track, bytes) of each record, in order.
  """

  path: str
  speaker: str
  given_split: str
  sizes: Sequence[tuple[int, int, int]]


@dataclasses.dataclass(frozen=True)
class Division:
  """What was decided.

  Attributes:
    splits: by (speaker, given split).
    firsts: of each split, the first record of every shard.
    written: of each split that has records, what its shards will hold.
  """

  splits: dict[tuple[str, str], str]
  firsts: dict[str, list[Key]]
  written: list[shards.Written]

  def place(self, key: Key, who: tuple[str, str]) -> tuple[str, int, int]:
    """Split, shard and number of shards of a record, by its `splits` key."""
    split = self.splits[who]
    firsts = self.firsts[split]
    return split, bisect.bisect_right(firsts, key) - 1, len(firsts)


def divide(
  videos: Sequence[Video],
  fraction: float,
  *,
  shard_bytes: int = shards.SHARD_BYTES,
) -> Division:
  """Decides.

  Args:
    videos: all of which something is kept, in any order.
    fraction: of the speakers for validation, see `splits.assign`.
    shard_bytes: size of a shard.
  """
  videos = sorted(videos, key=lambda video: video.path)
  whose = [(video.speaker, video.given_split) for video in videos]
  found = splits.assign(*zip(*whose, strict=True), fraction) if videos else []
  firsts, written = {}, []
  for split in sorted(set(found)):
    keys, sizes = [], []
    for video, its_split in zip(videos, found, strict=True):
      if its_split == split:
        keys += [(video.path, row, k) for row, k, _ in video.sizes]
        sizes += [size for *_, size in video.sizes]
    about = shards.divide(split, sizes, shard_bytes=shard_bytes)
    written.append(about)
    ends = list(itertools.accumulate(about.shard_lengths))
    firsts[split] = [keys[first] for first in [0, *ends][: len(ends)]]
  return Division(dict(zip(whose, found, strict=True)), firsts, written)
