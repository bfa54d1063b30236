"""Which video is given which sound: lists as Wav2Lip's evaluation has them.

Its `evaluation/test_filelists` write a pair a line, with a space between. LRS2,
LRS3 and LRW name the sound first, then the video, both without '.mp4'
(gen_videos_from_filelist.py); ReSyncED names the video first, then the sound,
with their suffixes (real_videos_inference.py).
"""

import dataclasses
import pathlib

from input_pipeline.preparation import filelists

SOUND_FIRST, VIDEO_FIRST = 'audio video', 'video audio'
ORDERS = (SOUND_FIRST, VIDEO_FIRST)


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
      first where names have suffixes, else the sound.

  Raises:
    ValueError: a line is no pair, or there is none.
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
    suffixed = any(pathlib.PurePosixPath(name).suffix for name in names)
    where = order or (VIDEO_FIRST if suffixed else SOUND_FIRST)
    video, audio = names if where == VIDEO_FIRST else reversed(names)
    found.append(Pair(video, audio))
  if not found:
    raise ValueError(f'{path}: holds no pair.')
  return found


def locate(root: pathlib.Path, name: str) -> pathlib.Path:
  """The file that a list means.

  A name without a suffix is an .mp4; LRW's (WORD_00012) are also looked for
  where that data set keeps them, in WORD/test.

  Raises:
    ValueError: there is none.
  """
  path = root / name
  if path.suffix:
    tried = [path]
  else:
    word = path.name.partition('_')[0]
    tried = [
      path.with_name(f'{path.name}.mp4'),
      path.parent / word / 'test' / f'{path.name}.mp4',
    ]
  for candidate in tried:
    if candidate.is_file():
      return candidate
  raise ValueError(f'{tried[0]}: no such file; is the data root right?')
