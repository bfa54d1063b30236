"""Which videos there are, who speaks in them, and who is kept for judging."""

import hashlib
import os
import pathlib
from collections.abc import Iterable, Sequence

# What people record and download in; other files beside them are no mistake.
VIDEO_SUFFIXES = frozenset(
  '.3gp .asf .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts '
  '.vob .webm .wmv'.split()
)
# Folders at the top that decide the split themselves.
FOLDERS = {
  'train': 'train',
  'training': 'train',
  'val': 'validation',
  'valid': 'validation',
  'validation': 'validation',
  'test': 'test',
}


def find_videos(directory: pathlib.Path) -> list[pathlib.PurePath]:
  """Relative paths of all videos in a folder, by extension, sorted by name.

  Raises:
    ValueError: there is no such folder.
  """
  if not directory.is_dir():
    raise ValueError(f'{directory} is not a folder.')
  found, seen = [], set()
  # Links are followed: people gather data sets with them.
  for folder, inner, files in os.walk(directory, followlinks=True):
    real = os.path.realpath(folder)
    if real in seen:
      inner.clear()  # A link back to where we come from.
      continue
    seen.add(real)
    here = pathlib.Path(folder).relative_to(directory)
    found += (here / name for name in files if _is_video(name))
  return sorted(found, key=lambda path: path.as_posix())


def speaker_of(
  path: pathlib.PurePath, directory: pathlib.Path, *, speaker_from: str
) -> str:
  """The parent folder's name ('parent'), or the file's ('file')."""
  if speaker_from == 'file':
    return path.stem
  return path.parent.name or directory.resolve().name


def choose(
  paths: Sequence[pathlib.PurePath],
  speakers: Sequence[str],
  split: str,
  fraction: float,
) -> list[str]:
  """The split of every video.

  Args:
    paths: relative to the folder of videos.
    speakers: of each video.
    split: 'auto' follows a layout DIR/train/..., DIR/val/... and otherwise
      `split_speakers`; any other word is the split of all.
    fraction: see `split_speakers`.
  """
  if split != 'auto':
    return [split] * len(paths)
  folders = [path.parts[0] if len(path.parts) > 1 else '' for path in paths]
  if set(folders) <= set(FOLDERS):
    return [FOLDERS[folder] for folder in folders]
  chosen = split_speakers(speakers, fraction)
  return [chosen[speaker] for speaker in speakers]


def split_speakers(speakers: Iterable[str], fraction: float) -> dict[str, str]:
  """Puts each speaker into 'train' or 'validation', by a hash of the name.

  So a speaker keeps its split when others are added. With two speakers or more
  each split gets at least one; a single speaker is for training.

  Args:
    speakers: names, repeats allowed.
    fraction: of the speakers for validation.

  Raises:
    ValueError: the fraction is not in 0..1.
  """
  if not 0 <= fraction <= 1:
    raise ValueError(f'Validation fraction {fraction} is not in 0..1.')
  ranks = {name: _rank(name) for name in speakers}
  order = sorted(ranks, key=lambda name: (ranks[name], name))
  count = sum(rank < fraction for rank in ranks.values())
  if fraction > 0:
    count = max(count, 1)
  count = min(count, max(len(order) - 1, 0))
  return {
    name: 'validation' if k < count else 'train' for k, name in enumerate(order)
  }


def _is_video(name: str) -> bool:
  return pathlib.PurePath(name).suffix.lower() in VIDEO_SUFFIXES


def _rank(name: str) -> float:
  """0..1, evenly spread, the same on every machine."""
  digest = hashlib.sha256(name.encode()).digest()
  return int.from_bytes(digest[:8], 'big') / 2**64
