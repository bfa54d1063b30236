"""Every kind of file that people have in a folder of footage, and its due."""

import dataclasses
import os
import pathlib
from collections.abc import Callable

import flash_and_click as videos
import numpy as np

Kind = videos.Kind
_AAC = {'sound': 'aac', 'rate': 48_000}
_SHORT = 16  # frames of what is slow to write
_BROKEN = 'not a media file, or cut off or damaged beyond reading$'


@dataclasses.dataclass(frozen=True)
class Kept:
  """A video that becomes data: how many frames, and in which the flash is."""

  kind: videos.Kind
  frames: int = videos.FRAMES
  flash: int = videos.FLASH


@dataclasses.dataclass(frozen=True)
class Dropped:
  """A file that does not: how it is made, and what the manifest says."""

  make: Callable[[pathlib.Path], object]
  stage: str
  reason: str


KEPT = {
  'plain.mkv': Kept(Kind()),
  'plain.mp4': Kept(Kind(**_AAC)),
  'fps/125.mp4': Kept(Kind(times=videos.rate(125), **_AAC)),
  'fps/variable.mkv': Kept(
    Kind(
      times=(0, 40, 73, 85, 97, 120, 160, 170, 233, 290, 440, 455, 465, 480)
      + (540, 560, 590, 700, 707, 720, 780, 840, 910, 950)
    )
  ),
  'turned/left.mp4': Kept(Kind(rotation=90, size=(128, 160), **_AAC)),
  'turned/over.mp4': Kept(Kind(rotation=180, **_AAC)),
  'turned/right.mp4': Kept(Kind(rotation=-90, size=(160, 128), **_AAC)),
  'size/4k.mkv': Kept(
    Kind(
      times=tuple(range(0, 40 * _SHORT, 40)),
      size=(3840, 2160),
      heard=_SHORT / 25,
    ),
    frames=_SHORT,
  ),
  'size/odd.mkv': Kept(Kind(size=(251, 255), codec='ffv1')),
  'size/odd_444.mkv': Kept(Kind(size=(251, 255), pixels='yuv444p')),
  'sound/stereo.mp4': Kept(Kind(layout='stereo', **_AAC)),
  'sound/surround.mp4': Kept(Kind(layout='5.1', **_AAC)),
  'sound/three.mkv': Kept(Kind(layout='3 channels')),
  'sound/8k.mkv': Kept(Kind(rate=8000)),
  'sound/44k.mkv': Kept(Kind(rate=44_100)),
  'sound/96k.mkv': Kept(Kind(rate=96_000)),
  'sound/opus.webm': Kept(
    Kind(codec='libvpx', sound='libopus', rate=48_000, layout='stereo')
  ),
  'sound/longer.mkv': Kept(Kind(heard=2.0)),
  'sound/shorter.mkv': Kept(Kind(heard=0.64), frames=16),
  'sound/shorter.mp4': Kept(Kind(heard=0.63, **_AAC), frames=16),
  'start/late_sound.mkv': Kept(Kind(sound_from=0.3, heard=0.66)),
  'start/late_sound.mp4': Kept(Kind(sound_from=0.3, heard=0.66, **_AAC)),
  'start/early_sound.mkv': Kept(Kind(sound_from=-0.3, heard=1.26)),
  'start/early_sound.mp4': Kept(Kind(sound_from=-0.3, heard=1.26, **_AAC)),
  'start/late.mkv': Kept(Kind(start=7.0)),
  'start/late.mp4': Kept(Kind(start=7.0, **_AAC)),
  'start/late.ts': Kept(Kind(start=100.0, **_AAC)),
  # The edit list cuts the first five frames and their sound.
  'start/negative.mp4': Kept(Kind(start=-0.2, **_AAC), frames=19, flash=6),
  'start/negative.mov': Kept(Kind(start=-0.2), frames=19, flash=6),
  'start/negative.mkv': Kept(Kind(start=-0.2)),
}


def _video(**kind) -> Callable[[pathlib.Path], None]:
  return lambda path: videos.write(path, Kind(**kind))


def _part(first: float, last: float) -> Callable[[pathlib.Path], None]:
  """Cut out of a whole file."""

  def make(path):
    videos.write(path, Kind(**_AAC))
    data = path.read_bytes()
    path.write_bytes(data[int(first * len(data)) : int(last * len(data))])

  return make


def _random(path: pathlib.Path) -> None:
  path.write_bytes(np.random.default_rng(0).bytes(30_000))


def _playlist(path: pathlib.Path) -> None:
  path.write_text('#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/one.ts\n')


def _link(target: str) -> Callable[[pathlib.Path], None]:
  return lambda path: path.symlink_to(target)


DROPPED = {
  'empty.mp4': Dropped(pathlib.Path.touch, 'read', 'the file is empty$'),
  'header.mp4': Dropped(_part(0, 0.002), 'read', _BROKEN),
  'half.mp4': Dropped(_part(0, 0.5), 'read', _BROKEN),
  'tail.mp4': Dropped(_part(0.5, 1), 'read', _BROKEN),
  'third.mkv': Dropped(_part(0, 0.33), 'read', 'cut off: 0.. of 1.0 s have'),
  'text.mp4': Dropped(lambda p: p.write_text('Hello.'), 'read', _BROKEN),
  'random.mp4': Dropped(_random, 'read', _BROKEN),
  'playlist.mp4': Dropped(_playlist, 'read', '.'),
  'no_sound.mp4': Dropped(_video(sound=None), 'sound', 'no sound track$'),
  'silent.mp4': Dropped(
    _video(level=0.0, **_AAC), 'sound', 'the sound is silent$'
  ),
  'sound_before.mkv': Dropped(
    _video(start=2.0, sound_from=-2.0, heard=1.0),
    'sound',
    'the sound ends before the picture begins$',
  ),
  'no_face.mkv': Dropped(_video(face=False), 'face', 'no face found$'),
  'one_frame.mp4': Dropped(
    _video(times=(0,), **_AAC), 'read', 'shorter than 0.6 s$'
  ),
  'slow.mkv': Dropped(
    _video(times=videos.rate(5)), 'quality', 'too few frames a second: 5$'
  ),
  'loop.mp4': Dropped(_link('loop.mp4'), 'read', 'too many levels of symbolic'),
  'nowhere.mp4': Dropped(_link('gone.mp4'), 'read', 'no such file$'),
  'fifo.mp4': Dropped(os.mkfifo, 'read', 'not a file$'),
}

# Of good videos; how the manifest writes them where that differs.
NAMES = {
  'a space.mp4': '',
  '"double" and \'single\'.mp4': '',
  'semi;colon & $(touch ran).mp4': '',
  '<script>alert(1)<!--.mp4': '',
  'two\nlines\r.mp4': '',
  'größe 顔 🙂.mp4': '',
  '-rf.mp4': '',
  '%d.mp4': '',
  'http:..mp4': '',
  'n' * 251 + '.mp4': '',
  os.fsdecode(b'\xff.mp4'): r'\udcff.mp4',
  os.fsdecode(b'by \xfe\n<i>/one.mp4'): 'by \\udcfe\n<i>/one.mp4',
}


def make(folder: pathlib.Path) -> None:
  """Writes them all, and what is no file or a loop beside them."""
  for name in [*KEPT, *DROPPED, *NAMES]:
    (folder / name).parent.mkdir(exist_ok=True)
  for name, case in KEPT.items():
    videos.write(folder / name, case.kind)
  for name, case in DROPPED.items():
    case.make(folder / name)
  for name in NAMES:
    os.link(folder / 'plain.mp4', folder / name)
  (folder / 'folder.mp4').mkdir()
  (folder / 'round').symlink_to('.')
