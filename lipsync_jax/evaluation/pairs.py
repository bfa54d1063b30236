"""Which video is given which sound: lists as Wav2Lip's evaluation has them.

Its `evaluation/test_filelists` write a pair a line, with a space between. LRS2,
LRS3 and LRW name the sound first, then the video, both without '.mp4'
(gen_videos_from_filelist.py); ReSyncED names the video first, then the sound,
with their suffixes (real_videos_inference.py).
"""

import dataclasses
import pathlib

from input_pipeline import splits
from input_pipeline.preparation import filelists

SOUND_FIRST, VIDEO_FIRST = 'audio video', 'video audio'
ORDERS = (SOUND_FIRST, VIDEO_FIRST)
_SOUNDS = frozenset(
  '.aac .aif .aiff .flac .m4a .mp3 .oga .ogg .opus .wav .wma'.split()
)


@dataclasses.dataclass(frozen=True, order=True)
class Pair:
  """A video and the sound that it is to say: paths within the data root."""

  video: str
  audio: str

  @property
  def own(self) -> bool:
    """Whether the sound is the video's own."""
    return self.video == self.audio


def read(path: pathlib.Path, order: str | None = None) -> list[Pair]:
  """The pairs of a list, in its order.

  Args:
    path: of the text file.
    order: one of `ORDERS`; by default as Wav2Lip's lists are: the video comes
      first where names have suffixes of media files, else the sound.

  Raises:
    ValueError: a line is no pair, there is none, or the order is not clear.
    OSError: it cannot be read.
  """
  if order not in (None, *ORDERS):
    raise ValueError(f'order {order!r}: choose one of {ORDERS}.')
  found = []
  for number, line in enumerate(filelists.lines(path), 1):
    if not line or line.startswith('#'):
      continue
    names = line.split('\t') if '\t' in line else line.split()
    if len(names) != 2:
      raise ValueError(
        f'{path}, line {number}: {line!r} is no pair; write a sound and a '
        'video with a space between them, or a tab if names have spaces.'
      )
    found.append(names)
  if not found:
    raise ValueError(f'{path}: holds no pair.')
  where = order or _order(path, found)
  if where == VIDEO_FIRST:
    return [Pair(video, audio) for video, audio in found]
  return [Pair(video, audio) for audio, video in found]


def _order(path: pathlib.Path, found: list[list[str]]) -> str:
  # Of all lines at once: a name with a dot does not turn its own line round.
  suffixed = {_is_file(name) for names in found for name in names}
  if len(suffixed) > 1:
    raise ValueError(
      f'{path}: some names have suffixes and some have none, so it is not '
      'clear which is the sound; say it in a protocol: [pairs] order = '
      f'{SOUND_FIRST!r} or {VIDEO_FIRST!r}.'
    )
  return VIDEO_FIRST if suffixed == {True} else SOUND_FIRST


def _is_file(name: str) -> bool:
  """Whether it has the suffix of a video or a sound."""
  suffix = pathlib.PurePosixPath(name).suffix.lower()
  return suffix in splits.VIDEO_SUFFIXES or suffix in _SOUNDS


def locate(root: pathlib.Path, name: str) -> pathlib.Path:
  """The file that a list means.

  A name without a suffix is an .mp4; LRW's (WORD_00012) are also looked for
  where that data set keeps them, in WORD/test.

  Raises:
    ValueError: there is none.
  """
  path = root / name
  if _is_file(name):
    tried = [path]
  else:
    word = path.name.partition('_')[0]
    tried = [
      path.with_name(f'{path.name}.mp4'),
      path.parent / word / 'test' / f'{path.name}.mp4',
      path,  # of a kind that is not known here
    ]
  for candidate in tried:
    if candidate.is_file():
      return candidate
  raise ValueError(f'{tried[0]}: no such file; is the data root right?')
