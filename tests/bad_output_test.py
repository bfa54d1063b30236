"""A place that cannot be written gives one line; nothing half done is used."""

import errno
import os
import pathlib
import subprocess

import pytest
import small_preparation

from input_pipeline import manifest, shards, tfrecord, tfrecord_index
from input_pipeline.preparation import assemble, candidates
from input_pipeline.report import page
from tools import prepare as command

pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)
FULL = 'error: the disk is full. Make room: the same command goes on from here.'


@pytest.fixture(scope='module')
def videos(tmp_path_factory):
  return small_preparation.write_videos(tmp_path_factory.mktemp('videos'))


@pytest.fixture(scope='module')
def reference(videos, tmp_path_factory):
  output = tmp_path_factory.mktemp('reference') / 'data'
  assert small_preparation.run(videos, output) == 0
  return output


def said(capsys) -> list[str]:
  """Lines of the error stream, without progress."""
  lines = capsys.readouterr().err.replace('\r', '\n').splitlines()
  bars = ('videos:', 'shards:')
  return [line for line in lines if line and not line.startswith(bars)]


@pytest.mark.parametrize(
  ('place', 'more', 'reason'),
  [
    ('file', [], 'file exists. Choose another output'),
    ('file', ['--overwrite'], 'file was not made by this tool'),
    ('file/data', [], 'ot a directory'),
    ('file/deep/data', [], 'ot a directory'),
    ('looping/data', [], 'ymbolic link'),
  ],
)
def test_places_that_are_none(videos, tmp_path, capsys, place, more, reason):
  (tmp_path / 'file').write_text('precious')
  (tmp_path / 'looping').symlink_to('looping')
  words = small_preparation.arguments(videos, tmp_path / place, *more)
  assert command.main(words) == 2
  [line] = said(capsys)
  assert line.startswith('error: ') and reason in line
  assert (tmp_path / 'file').read_text() == 'precious'
  assert sorted(os.listdir(tmp_path)) == ['file', 'looping']


@pytest.mark.parametrize(
  ('owner', 'name', 'times'),
  [
    (tfrecord_index, 'save', 0),
    (tfrecord_index, 'save', 1),  # the first sound
    (tfrecord.TFRecordWriter, 'write', 1),
    (candidates, 'write_json', 1),
    (tfrecord.TFRecordWriter, 'write', 3),  # the second shard
    (tfrecord, 'rename', 3),
    (manifest, 'write', 0),
    (shards, 'write_metadata', 0),
    (page, 'write', 0),
    (assemble, 'replace', 0),
  ],
)
def test_a_disk_that_is_full_at_any_point(
  videos, reference, tmp_path, capsys, monkeypatch, owner, name, times
):
  output = tmp_path / 'data'
  original, left = getattr(owner, name), [None] * times

  def write(*arguments, **options):
    if not left:
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    left.pop()
    return original(*arguments, **options)

  with monkeypatch.context() as patch:
    patch.setattr(owner, name, write)
    assert small_preparation.run(videos, output) == 2
  assert said(capsys) == [FULL]
  assert not output.exists()
  assert small_preparation.run(videos, output) == 0
  small_preparation.check_same(output, reference)


@pytest.fixture
def small_disk(tmp_path):
  """A folder, and what sets how many kB there are."""
  folder = tmp_path / 'disk'
  folder.mkdir()

  def mount(options: str) -> int:
    words = ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', str(folder)]
    return subprocess.run(words, capture_output=True, check=False).returncode

  try:
    failed = mount('size=32k')
  except FileNotFoundError:
    failed = True
  if failed:
    pytest.skip('this user cannot mount a small disk')
  yield folder, lambda size: mount(f'remount,size={size}k')
  subprocess.run(['umount', str(folder)], check=True)


def test_a_disk_that_is_made_larger_until_it_is_enough(
  videos, reference, small_disk, capsys
):
  folder, resize = small_disk
  for size in range(100, 3000, 100):
    assert not resize(size)
    code = small_preparation.run(videos, folder / 'data')
    if code == 0:
      break
    assert code == 2 and said(capsys) == [FULL]
    assert not (folder / 'data').exists()
  small_preparation.check_same(pathlib.Path(folder, 'data'), reference)
  assert size > 400  # it was too small a few times


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everything')
def test_a_folder_that_may_not_be_written(videos, tmp_path, capsys):
  closed = tmp_path / 'closed'
  closed.mkdir(mode=0o555)
  assert small_preparation.run(videos, closed / 'data') == 2
  assert 'Permission denied' in capsys.readouterr().err
  assert not list(closed.iterdir())
