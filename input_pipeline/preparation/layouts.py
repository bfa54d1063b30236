"""How known data sets lie on disk: what is a clip, who speaks, which split.

A rule sees the names on a clip's way: all folders from the disk's root, then
the file without suffix. It looks at the last ones only, so it does not matter
whether the data set's folder is given or one within it.

A speaker whom nobody names is guessed so that rather too much than too little
counts as one person: nobody is to be learnt from and judged.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable

from input_pipeline import splits
from input_pipeline.preparation import filelists

Names = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Layout:
  """The rules of one kind of data set.

  Attributes:
    tree: what is expected in the folder, for people.
    speaker: of a clip; None: this is no clip of such a data set.
    split: of a clip, 'train', 'validation' or 'test'; '': up to a hash of the
      speaker; None: no list names it, or it may not be trained on.
    licence: of the data, in words.
    has_lists: whether text files may name the splits.
    top_folders: whether DIR/train, DIR/val, ... go before `split`.
    folders_of_frames: whether a clip is a folder of pictures, not a file.
    audio: where the sound of a video is if it is not in the video.
  """

  tree: str
  speaker: Callable[[Names], str | None]
  split: Callable[[Names, filelists.Lists], str | None] = lambda *_: ''
  licence: str = ''
  has_lists: bool = False
  top_folders: bool = False
  folders_of_frames: bool = False
  audio: Callable[[pathlib.Path], pathlib.Path] | None = None


def get(name: str, *, speaker_from: str = 'parent') -> Layout:
  """The layout of that name.

  Args:
    name: a key of `LAYOUTS`.
    speaker_from: in 'plain', 'parent' folder or 'file' names the speaker.

  Raises:
    ValueError: there is no such layout, or it names the speakers itself.
  """
  if name not in LAYOUTS:
    raise ValueError(f'There is no layout {name!r}: take {", ".join(LAYOUTS)}.')
  if speaker_from not in ('parent', 'file'):
    raise ValueError(
      f"speaker_from={speaker_from!r} must be 'parent' or 'file'."
    )
  if speaker_from == 'parent':
    return LAYOUTS[name]
  if name != 'plain':
    raise ValueError(
      f'Layout {name!r} knows the speakers: speaker_from is for plain.'
    )
  return dataclasses.replace(LAYOUTS[name], speaker=_file)


def _parent(names: Names) -> str:
  return names[-2]


def _file(names: Names) -> str:
  return names[-1]


def _id_within(*folders: str) -> Callable[[Names], str | None]:
  """The parent folder's name if the folder above it is one of these."""
  return lambda names: names[-2] if names[-3] in folders else None


def _by_list(names: Names, lists: filelists.Lists) -> str | None:
  """What the lists say; without lists the hash decides."""
  if lists.folder is None:
    return ''
  return lists.splits.get(f'{names[-2]}/{names[-1]}')


def _lrs(names: Names, lists: filelists.Lists) -> str | None:
  """LRS2 and LRS3.

  'main' and 'trainval' follow the lists. 'pretrain' is for training and holds
  other clips of the same IDs: of those that a list holds out it is left out.
  Without lists all of these are split by their ID. The test set of LRS3 is a
  folder; its IDs are in no other (Afouras et al., 2018, arXiv 1809.00496).
  """
  if names[-3] == 'test':
    return 'test'
  if names[-3] == 'pretrain' and lists.folder is not None:
    return None if names[-2] in lists.held_out else 'train'
  return _by_list(names, lists)


def _lrw_speaker(names: Names) -> str | None:
  # Nobody says who speaks: each clip of 29 frames counts as a person.
  return names[-1] if names[-2] in ('train', 'val', 'test') else None


def _grid_speaker(names: Names) -> str | None:
  # s1/one.mpg, s1/video/one.mpg and, as it is given out, s1/video/mpg_6000/...
  folders = names[-2:-5:-1]
  return next((n for n in folders if re.fullmatch(r's\d+', n)), None)


def _grid_split(names: Names, lists: filelists.Lists) -> str:
  # The unseen speakers of LipNet (Assael et al., 2016), customary since.
  unseen = _grid_speaker(names) in ('s1', 's2', 's20', 's22')
  return 'test' if unseen else ''


def _hdtf_speaker(names: Names) -> str:
  """RD_Radio1 of RD_Radio1_000, WDA_NancyPelosi of WDA_NancyPelosi1_000.

  The digits after a politician's name number the videos of one person; each
  radio address has a number of its own.
  """
  found = re.match(r'(RD_)?Radio\d+|W[DR]A_[^\W\d_]+', names[-1])
  return found[0] if found else re.sub(r'(_\d+)+$', '', names[-1])


def _voxceleb2_audio(path: pathlib.Path) -> pathlib.Path:
  person, video = path.parent.parent, path.parent
  aac = person.parent.with_name('aac')
  return aac / person.name / video.name / f'{path.stem}.m4a'


LAYOUTS = {
  'plain': Layout(
    tree='videos in folders of any depth', speaker=_parent, top_folders=True
  ),
  'lrs2': Layout(
    # The ID is a broadcast's: as near to a speaker as one can come.
    tree='main/ID/00001.mp4 and pretrain/ID/00001.mp4',
    speaker=_id_within('main', 'pretrain'),
    split=_lrs,
    licence='BBC, research only, not redistributable',
    has_lists=True,
  ),
  'lrs3': Layout(
    # The ID is a talk's, so its speaker's.
    tree='trainval/ID/00001.mp4, pretrain/ID/00001.mp4, test/ID/00001.mp4',
    speaker=_id_within('trainval', 'pretrain', 'test'),
    split=_lrs,
    licence='CC BY-NC-ND 4.0 of TED',
    has_lists=True,
  ),
  'lrw': Layout(
    tree='WORD/train/WORD_00001.mp4, WORD/val/... and WORD/test/...',
    speaker=_lrw_speaker,
    split=lambda names, lists: splits.FOLDERS[names[-2]],
    licence='BBC, research only, not redistributable',
  ),
  'grid': Layout(
    tree='s1/bbaf2n.mpg or s1/video/bbaf2n.mpg, ...',
    speaker=_grid_speaker,
    split=_grid_split,
    licence='CC BY 4.0, GRID corpus',
    top_folders=True,
  ),
  'hdtf': Layout(
    tree='RD_Radio1_000.mp4, WDA_BarackObama_001.mp4, ...',
    speaker=_hdtf_speaker,
    licence='CC BY 4.0 (annotations); videos belong to their owners',
    top_folders=True,
  ),
  'voxceleb2': Layout(
    tree='dev/mp4/id00012/VIDEO/00001.mp4 and test/mp4/...',
    speaker=lambda names: names[-3] if names[-4] == 'mp4' else None,
    split=lambda names, lists: 'test' if names[-5] == 'test' else '',
    licence='CC BY 4.0 (metadata); videos belong to their owners',
    audio=_voxceleb2_audio,
  ),
  'wav2lip': Layout(
    tree='folders with 0.jpg, 1.jpg, ... and audio.wav, as preprocess.py makes',
    speaker=_parent,
    split=_by_list,
    has_lists=True,
    folders_of_frames=True,
  ),
}
