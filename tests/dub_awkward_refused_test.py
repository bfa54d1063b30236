"""What cannot be dubbed is said in one line, and nothing is left or lost."""

import os
import pathlib
import shutil

import numpy as np
import pytest

from tests import awkward_jobs, clicks, played, videos
from tests.awkward_videos import Clip, image, write

BROKEN = 'not a media file, or cut off or damaged beyond reading.'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  monkeypatch.chdir(tmp_path)
  write('in.mp4', Clip())
  videos.write_wav('a.wav', np.zeros(8_000))
  return awkward_jobs.Refused('report.json', monkeypatch, capsys)


def part(low, high):
  """Cut out of a whole file."""

  def make(path):
    data = pathlib.Path('in.mp4').read_bytes()
    path.write_bytes(data[int(low * len(data)) : int(high * len(data))])

  return make


def text(words):
  return lambda path: path.write_text(words)


def noise(path):
  path.write_bytes(np.random.default_rng(0).bytes(30_000))


PLAYLIST = '#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/one.ts\n'
SCRIPT = "ffconcat version 1.0\nfile '/etc/passwd'\n"
FILES = {
  'text.mp4': (text('This is no video.'), BROKEN),
  'empty.mp4': (pathlib.Path.touch, 'the file is empty.'),
  'header.mp4': (part(0, 0.002), BROKEN),
  'half.mp4': (part(0, 0.5), BROKEN),
  'tail.mp4': (part(0.5, 1), BROKEN),
  'noise.mp4': (noise, BROKEN),
  'playlist.mp4': (text(PLAYLIST), BROKEN),
  'script.mp4': (text(SCRIPT), ''),
  'folder.mp4': (pathlib.Path.mkdir, 'not a file.'),
  'fifo.mp4': (os.mkfifo, 'not a file.'),
  'loop.mp4': (lambda path: path.symlink_to(path.name), 'symbolic links.'),
  'nothing.mp4': (lambda path: None, 'no such file.'),
}


@pytest.mark.parametrize('place', ['video', 'audio'])
@pytest.mark.parametrize('name', FILES)
def test_what_is_no_media_file(run, name, place):
  make, reason = FILES[name]
  make(pathlib.Path(name))
  done = run(**{place: name})
  [line] = done.errors
  assert line.startswith(f'error: {name}: ') and line.endswith(reason)
  assert len(line) < 120


def picture(path):
  from PIL import Image

  Image.fromarray(image(0, Clip())).save(path)


@pytest.mark.parametrize(
  ('files', 'reason'),
  [
    ({'audio': 'in.mp4'}, 'in.mp4: holds no sound.'),
    ({'audio': 'picture.png'}, 'picture.png: holds no sound.'),
    ({'video': 'a.wav'}, 'a.wav: holds no video.'),
    ({'audio': None}, 'Give --audio'),
    ({'output': 'missing/out.mp4'}, 'missing: no such folder.'),
    ({'output': 'a.wav/out.mp4'}, 'a.wav: no such folder.'),
    ({'output': 'folder.mp4'}, 'folder.mp4: is a folder.'),
    ({'output': 'in.mp4'}, 'would overwrite an input.'),
    ({'output': 'same.mp4'}, 'would overwrite an input.'),
    ({'output': 'link.mp4'}, 'would overwrite an input.'),
    ({'audio': 'sound.mkv', 'output': 'sound.mkv'}, 'would overwrite an input'),
    ({'output': 'out.avi'}, 'must end in .mp4, .m4v, .mov, .mkv'),
    ({'output': 'out'}, 'must end in .mp4, .m4v, .mov, .mkv'),
    ({'output': 'n' * 252 + '.mp4'}, 'File name too long'),
  ],
)
def test_what_makes_no_sense(run, files, reason):
  picture('picture.png')
  pathlib.Path('folder.mp4').mkdir()
  pathlib.Path('link.mp4').symlink_to('in.mp4')
  os.link('in.mp4', 'same.mp4')
  clicks.write('sound.mkv', 'aac', 48_000)
  [line] = run(**files).errors
  assert reason in line


@pytest.mark.parametrize('face', ['7', '500,500'])
def test_a_face_that_never_comes_is_a_warning(run, face):
  done = run('in.mp4', 'a.wav', 'out.mp4', f'--face={face}')
  assert done.code == 0 and done.report['edited'] == 0
  assert done.report['passed_through'][0]['reason'] == (
    'the chosen face is not in the picture'
  )
  never, nobody = done.report['warnings']
  assert 'ever seen' in never and nobody.startswith('No face was edited')
  assert len(played.read('out.mp4').frames) == done.report['frames'] == 12


@pytest.mark.parametrize(
  'name',
  [
    'a space',
    '"double" and \'single\'',
    'größe 顔 🙂',
    '-rf',
    'http:a',
    'pipe:1',
    'concat:a|b',
    '%d',
    'two\nlines',
    'a.b.c',
    '$(touch ran); #',
    'n' * 200,
  ],
)
def test_names_are_only_names(run, name):
  shutil.copy('in.mp4', f'{name}.mp4')
  shutil.copy('a.wav', f'{name}.wav')
  done = run(f'{name}.mp4', f'{name}.wav', f'{name}.out.mp4')
  assert done.code == 0 and done.report['video'] == f'{name}.mp4'
  assert len(played.read(f'{name}.out.mp4').frames) == 12
  made = {'in.mp4', 'a.wav', 'report.json'}
  made |= {f'{name}{end}' for end in ('.mp4', '.wav', '.out.mp4')}
  assert set(os.listdir()) == made
