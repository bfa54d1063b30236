"""Disks that are full or may not be written: one line, nothing half done."""

import contextlib
import gc
import os
import resource
import subprocess

import numpy as np
import pytest

from tests import awkward_jobs, played, videos
from tests.awkward_videos import Clip, write


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  monkeypatch.chdir(tmp_path)
  write('in.mp4', Clip())
  videos.write_wav('a.wav', np.zeros(8_000))
  return awkward_jobs.Refused('report.json', monkeypatch, capsys)


@contextlib.contextmanager
def limit(size):
  """Files may have so many bytes, as if the disk were full.

  For no longer than needed: pytest's own log may be a larger file.
  """
  before = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize('size', [0, 100, 3_000, 6_000])
def test_a_file_that_cannot_grow(run, size):
  with limit(size):
    done = run()
  [line] = done.errors
  assert line.endswith('cannot be written: File too large.')


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
  [line] = run(output='disk/out.mp4').errors
  assert line.endswith('cannot be written: No space left on device.')
  words = ['mount', '-o', 'remount,size=500k', str(tmp_path / 'disk')]
  subprocess.run(words, check=True)
  done = run('in.mp4', 'a.wav', 'disk/out.mp4', '--resume')
  assert done.code == 0
  assert len(played.read(done.output).frames) == 12
  assert os.listdir('disk') == ['out.mp4']


def test_a_disk_that_may_not_be_written(run, disk):
  disk('ro')
  [line] = run(output='disk/out.mp4').errors
  assert (
    line == 'error: disk/out.mp4: cannot be written: Read-only file system.'
  )


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everything')
def test_a_folder_that_may_not_be_written(run, tmp_path):
  (tmp_path / 'closed').mkdir(mode=0o555)
  [line] = run(output='closed/out.mp4').errors
  assert line.endswith('cannot be written: Permission denied.')
