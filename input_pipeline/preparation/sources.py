"""What there is to prepare: clips with their speakers, splits and licences."""

import dataclasses
import logging
import os
import pathlib
from collections.abc import Sequence

from input_pipeline import splits
from input_pipeline.preparation import filelists, layouts

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Source:
  r"""One clip to prepare.

  Attributes:
    path: the video file, or the folder of numbered jpgs.
    clip_id: its path within the folder of videos, with '/'; unique. Bytes that
      are no UTF-8 are written out, as `\udcff`; so they are in `speaker`.
    speaker: who speaks.
    split: 'train', 'validation' or 'test'; '': up to a hash of the speaker, see
      `splits.assign`.
    licence: of the footage, in words.
    audio: the file of the sound, if it is not in the video.
  """

  path: pathlib.Path
  clip_id: str
  speaker: str
  split: str = ''
  licence: str = ''
  audio: pathlib.Path | None = None


def find(
  videos: str | os.PathLike,
  *,
  layout: str = 'plain',
  speaker_from: str = 'parent',
  licence: str | None = None,
  split: str = 'auto',
) -> list[Source]:
  """All clips of a folder or of a list, by name.

  Args:
    videos: a folder, searched in depth; or a text file with one path per line,
      relative to the list's folder; lines that begin with '#' are comments.
    layout: a key of `layouts.LAYOUTS`.
    speaker_from: in 'plain', 'parent' folder or 'file' names the speaker.
    licence: None takes the layout's.
    split: of all, instead of the layout's; 'auto': the layout's.

  Raises:
    ValueError: there are no videos, a line or a file list is wrong, or an
      argument makes no sense.
    FileNotFoundError: `videos` or a file in the list is not there.
  """
  videos = pathlib.Path(videos)
  rules = layouts.get(layout, speaker_from=speaker_from)
  if not videos.exists():
    raise FileNotFoundError(
      f'{videos} does not exist: give a folder of videos, or a text file with '
      'one path per line.'
    )
  if videos.is_dir():
    root = videos
    frames = rules.folders_of_frames
    search = splits.find_frame_folders if frames else splits.find_videos
    paths = search(root)
  else:
    root, paths = videos.parent, _read_list(videos, rules)
  if not paths:
    raise ValueError(f'There are no videos in {videos}{_expected(layout)}.')
  lists = filelists.read(root) if rules.has_lists else filelists.Lists()
  found = _place(root, paths, rules, lists)
  if not found:
    listed = f' that the lists in {lists.folder} name' if lists.folder else ''
    raise ValueError(
      f'There are no videos in {videos}{listed}{_expected(layout)}.'
    )
  same = {'licence': rules.licence if licence is None else licence}
  if split != 'auto':
    same['split'] = split
  found = [dataclasses.replace(source, **same) for source in found]
  return sorted(found, key=lambda source: source.clip_id)


def _expected(layout: str) -> str:
  if layout == 'plain':
    return ''
  return f'; layout {layout} expects {layouts.LAYOUTS[layout].tree}'


def _place(
  root: pathlib.Path,
  paths: Sequence[pathlib.PurePath],
  rules: layouts.Layout,
  lists: filelists.Lists,
) -> list[Source]:
  """The clips among the paths; says how many others there are."""
  top = os.path.abspath(root)
  folders = [path.parts[0] if len(path.parts) > 1 else '' for path in paths]
  by_folder = rules.top_folders and set(folders) <= set(splits.FOLDERS)
  found, strays, unlisted = [], 0, 0
  for path, folder in zip(paths, folders, strict=True):
    way = pathlib.Path(os.path.normpath(top / path))
    names = (way if rules.folders_of_frames else way.with_suffix('')).parts
    # So that rules may count from the end.
    names = ('',) * 4 + names
    speaker = rules.speaker(names)
    if speaker is None:
      strays += 1
      continue
    split = splits.FOLDERS[folder] if by_folder else rules.split(names, lists)
    if split is None:
      unlisted += 1
      continue
    audio = rules.audio and rules.audio(way)
    if audio and not os.path.isfile(audio):
      audio = None
    # A folder of frames that is given itself has no path within.
    clip_id = _text(path.as_posix() if path.parts else way.name)
    found.append(
      Source(root / path, clip_id, _text(speaker), split, audio=audio)
    )
  if strays:
    _log.warning('%d videos are not where %s is: left out.', strays, rules.tree)
  if unlisted:
    _log.warning(
      '%d of %d videos are left out: the lists in %s do not name them, or hold '
      'out their ID.',
      unlisted,
      len(paths),
      lists.folder,
    )
  return found


def _text(name: str) -> str:
  r"""A name as UTF-8 can write it: a byte FF that is none becomes `\udcff`."""
  return name.encode('utf-8', 'backslashreplace').decode()


def _read_list(
  file: pathlib.Path, rules: layouts.Layout
) -> list[pathlib.PurePath]:
  """The paths in a text file, normalised.

  Raises:
    FileNotFoundError: a line names what is not there.
    ValueError: it is not a text file, or a path is there twice.
  """
  if file.suffix.lower() in splits.VIDEO_SUFFIXES:
    raise ValueError(f'{file} is a video: give its folder, or a list of paths.')
  found: dict[str, int] = {}
  for number, line in enumerate(filelists.lines(file), 1):
    if not line or line.startswith('#'):
      continue
    path = pathlib.PurePath(os.path.normpath(line)).as_posix()
    there = file.parent / path
    if not (there.is_dir() if rules.folders_of_frames else there.is_file()):
      kind = 'folder' if rules.folders_of_frames else 'file'
      raise FileNotFoundError(
        f'{file}, line {number}: there is no {kind} {there}.'
      )
    if path in found:
      raise ValueError(
        f'{file}, line {number}: {path} is already in line {found[path]}.'
      )
    found[path] = number
  return [pathlib.PurePath(path) for path in found]
