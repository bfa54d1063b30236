"""What cannot be dubbed is said in one line, and nothing is left or lost."""

import gc
import os
import pathlib
import resource
import shutil
import subprocess

import numpy as np
import pytest

from tests import awkward_jobs, clicks, played, videos
from tests.awkward_videos import Clip, image, write

BROKEN = 'not a media file, or cut off or damaged beyond reading.'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  """Dubs; files are in the current folder, which must stay as it was."""
  awkward_jobs.use_stand_ins(monkeypatch)
  monkeypatch.chdir(tmp_path)
  write('in.mp4', Clip())
  videos.write_wav('a.wav', np.zeros(8_000))

  def call(video='in.mp4', audio='a.wav', output='out.mp4', *words):
    before = listing(tmp_path)
    done = awkward_jobs.run(capsys, 'report.json', video, audio, output, *words)
    if done.code:
      assert listing(tmp_path) == before
    return done

  return call


def listing(folder):
  return sorted(
    (path, path.is_file() and path.read_bytes()) for path in folder.rglob('*')
  )


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
  assert done.code == 2 and line.startswith(f'error: {name}: ')
  assert line.endswith(reason) and len(line) < 120


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
  done = run(**files)
  [line] = done.errors
  assert done.code == 2 and line.startswith('error: ') and reason in line


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


@pytest.fixture
def limit():
  """Sets how many bytes a file may have, as if the disk were full."""
  before = resource.getrlimit(resource.RLIMIT_FSIZE)
  yield lambda size: resource.setrlimit(
    resource.RLIMIT_FSIZE, (size, before[1])
  )
  resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize('size', [0, 100, 3_000, 6_000])
def test_a_file_that_cannot_grow(run, limit, size):
  limit(size)
  done = run()
  [line] = done.errors
  assert done.code == 2 and line.endswith('cannot be written: File too large.')


@pytest.fixture
def disk(tmp_path):
  """Mounts a folder that is a disk of its own."""
  folder = tmp_path / 'disk'
  folder.mkdir()
  mounted = []

  def mount(options):
    words = ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', str(folder)]
    try:
      subprocess.run(words, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
      pytest.skip('this user cannot mount a small disk')
    mounted.append(folder)

  yield mount
  for _ in mounted:
    gc.collect()  # A file that could not be closed keeps the disk busy.
    subprocess.run(['umount', str(folder)], check=True)


def test_a_full_disk_and_more_room_on_it(run, disk, tmp_path):
  disk('size=12k')
  done = run(output='disk/out.mp4')
  [line] = done.errors
  assert done.code == 2
  assert line.endswith('cannot be written: No space left on device.')
  words = ['mount', '-o', 'remount,size=500k', str(tmp_path / 'disk')]
  subprocess.run(words, check=True)
  done = run('in.mp4', 'a.wav', 'disk/out.mp4', '--resume')
  assert done.code == 0
  assert len(played.read(done.output).frames) == 12
  assert os.listdir('disk') == ['out.mp4']


def test_a_disk_that_may_not_be_written(run, disk):
  disk('ro')
  done = run(output='disk/out.mp4')
  [line] = done.errors
  assert done.code == 2
  assert (
    line == 'error: disk/out.mp4: cannot be written: Read-only file system.'
  )


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everything')
def test_a_folder_that_may_not_be_written(run, tmp_path):
  (tmp_path / 'closed').mkdir(mode=0o555)
  done = run(output='closed/out.mp4')
  [line] = done.errors
  assert done.code == 2
  assert line.endswith('cannot be written: Permission denied.')
