"""Which videos there are, who speaks in them, and who is kept for judging."""

import hashlib
import os
import pathlib
from collections.abc import Collection, Iterable, Iterator, Sequence

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
  return _sorted(
    here / name
    for here, files in _walk(directory)
    for name in files
    if pathlib.PurePath(name).suffix.lower() in VIDEO_SUFFIXES
  )


def find_frame_folders(directory: pathlib.Path) -> list[pathlib.PurePath]:
  """Relative paths of all folders with 0.jpg, 1.jpg, ... or audio.wav.

  Raises:
    ValueError: there is no such folder.
  """
  return _sorted(
    here
    for here, files in _walk(directory)
    if 'audio.wav' in files or any(map(is_numbered_frame, files))
  )


def is_numbered_frame(name: str) -> bool:
  """Whether a file's name is a number and .jpg."""
  stem, _, suffix = name.partition('.')
  return stem.isdecimal() and stem.isascii() and suffix == 'jpg'


def _walk(
  directory: pathlib.Path,
) -> Iterator[tuple[pathlib.PurePath, list[str]]]:
  """Relative path and files of all folders, each once."""
  if not directory.is_dir():
    raise ValueError(f'{directory} is not a folder.')
  seen = set()
  # Links are followed: people gather data sets with them.
  for folder, inner, files in os.walk(directory, followlinks=True):
    real = os.path.realpath(folder)
    if real in seen:
      inner.clear()  # A link back to where we come from.
      continue
    seen.add(real)
    yield pathlib.Path(folder).relative_to(directory), files


def _sorted(paths: Iterable[pathlib.PurePath]) -> list[pathlib.PurePath]:
  return sorted(paths, key=lambda path: path.as_posix())


def assign(
  speakers: Sequence[str], chosen: Sequence[str], fraction: float
) -> list[str]:
  """The split of every clip: the one chosen, or where that is '', by a hash.

  Args:
    speakers: of each clip.
    chosen: the split of each clip, or ''. A speaker of whom one clip has a
      split keeps it for the others.
    fraction: see `split_speakers`, which decides about all others.
  """
  pairs = list(zip(speakers, chosen, strict=True))
  known = {speaker: split for speaker, split in pairs if split}
  free = [speaker for speaker in speakers if speaker not in known]
  known |= split_speakers(free, fraction, filled=set(chosen))
  return [split or known[speaker] for speaker, split in pairs]


def split_speakers(
  speakers: Iterable[str], fraction: float, *, filled: Collection[str] = ()
) -> dict[str, str]:
  """Puts each speaker into 'train' or 'validation', by a hash of the name.

  So a speaker keeps its split when others are added; but with two speakers or
  more each split gets at least one, unless it is already `filled`, and among so
  few one that comes may take that place. A single speaker is for training.

  Args:
    speakers: names, repeats allowed.
    fraction: of the speakers for validation.
    filled: splits that have clips of other speakers.

  Raises:
    ValueError: the fraction is not in 0..1.
  """
  if not 0 <= fraction <= 1:
    raise ValueError(f'Validation fraction {fraction} is not in 0..1.')
  ranks = {name: _rank(name) for name in speakers}
  order = sorted(ranks, key=lambda name: (ranks[name], name))
  count = sum(rank < fraction for rank in ranks.values())
  if fraction > 0 and 'validation' not in filled:
    count = max(count, 1)
  if 'train' not in filled:
    count = min(count, max(len(order) - 1, 0))
  return {
    name: 'validation' if k < count else 'train' for k, name in enumerate(order)
  }


def _rank(name: str) -> float:
  """0..1, evenly spread, the same on every machine."""
  digest = hashlib.sha256(name.encode()).digest()
  return int.from_bytes(digest[:8], 'big') / 2**64
