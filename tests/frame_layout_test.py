"""Folders that the original preprocess.py wrote are found as they lie."""

import pytest
from trees import found, make

from input_pipeline.preparation import sources

CLIPS = ('a/0', 'a/1', 'b.c/0.x', 'deep/er/b/7')


def make_frames(folder):
  make(folder, [f'{clip}/{k}.jpg' for clip in CLIPS for k in range(2)])
  make(folder, ['only_sound/x/audio.wav', 'a/notes.jpg', 'film/x.mp4'])


def test_folders_of_frames(tmp_path):
  make_frames(tmp_path)
  assert found(tmp_path, 'wav2lip') == {
    'a/0': ('a', ''),
    'a/1': ('a', ''),
    'b.c/0.x': ('b.c', ''),
    'deep/er/b/7': ('b', ''),
    'only_sound/x': ('only_sound', ''),
  }
  [one] = sources.find(tmp_path / 'a' / '1', layout='wav2lip')
  assert (one.clip_id, one.speaker) == ('1', 'a')
  assert one.path == tmp_path / 'a' / '1'


def test_folders_of_frames_from_a_list(tmp_path):
  make_frames(tmp_path)
  (tmp_path / 'mine').write_text('a/1\nb.c/0.x\n')
  assert list(found(tmp_path / 'mine', 'wav2lip')) == ['a/1', 'b.c/0.x']


@pytest.mark.parametrize(
  'place',
  ['data', 'data/filelists', '.', 'filelists', '../filelists'],
)
def test_folders_of_frames_follow_the_originals_lists(tmp_path, place, caplog):
  root = tmp_path / 'wav2lip'
  make_frames(root / 'data')
  lists = {'train.txt': 'a/0\na/1 a comment\n', 'val.txt': 'b/7\r\n'}
  make(root / place, [], lists)
  assert found(root / 'data', 'wav2lip') == {
    'a/0': ('a', 'train'),
    'a/1': ('a', 'train'),
    'deep/er/b/7': ('b', 'validation'),
  }
  assert '2 of 5 videos are left out' in caplog.text


@pytest.mark.parametrize(
  'lists, message',
  [
    (
      {'train.txt': 'a/0', 'val.txt': 'a/0'},
      'a/0 is in val.txt and in another',
    ),
    ({'train.txt': 'a/0\nnonsense\n'}, "train.txt, line 2: 'nonsense' is not"),
    (
      {'train.txt': 'x/0'},
      'There are no videos in .* that the lists in .* name; layout',
    ),
  ],
)
def test_wrong_lists_are_refused(tmp_path, lists, message):
  make_frames(tmp_path)
  make(tmp_path, [], lists)
  with pytest.raises(ValueError, match=message):
    sources.find(tmp_path, layout='wav2lip')
