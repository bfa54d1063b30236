"""Videos are found, and no speaker is both learnt from and judged."""

import pytest

from input_pipeline import manifest, splits


def test_videos_are_found_in_depth_and_by_name(tmp_path):
  for name in ('b/two.MOV', 'a/one.mp4', 'a/one.json', 'a/one.align', 'x.webm'):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
  found = [path.as_posix() for path in splits.find_videos(tmp_path)]
  assert found == ['a/one.mp4', 'b/two.MOV', 'x.webm']


def test_linked_folders_are_searched_once(tmp_path):
  (tmp_path / 'real').mkdir()
  (tmp_path / 'real' / 'one.mp4').touch()
  (tmp_path / 'videos').mkdir()
  (tmp_path / 'videos' / 'train').symlink_to(tmp_path / 'real')
  (tmp_path / 'real' / 'loop').symlink_to(tmp_path / 'videos')
  found = splits.find_videos(tmp_path / 'videos')
  assert [path.as_posix() for path in found] == ['train/one.mp4']


def test_missing_folder_is_named(tmp_path):
  with pytest.raises(ValueError, match='nowhere is not a folder'):
    splits.find_videos(tmp_path / 'nowhere')


def test_fraction_of_many_speakers():
  chosen = splits.split_speakers([f's{k}' for k in range(1000)], 0.1)
  assert 70 < list(chosen.values()).count('validation') < 130


@pytest.mark.parametrize('fraction', [0.001, 0.5, 1.0])
def test_two_speakers_make_two_splits(fraction):
  chosen = splits.split_speakers(['anna', 'ben', 'anna'], fraction)
  assert sorted(chosen.values()) == ['train', 'validation']


def test_one_speaker_is_for_training():
  assert splits.split_speakers(['anna'], 0.5) == {'anna': 'train'}


def test_no_validation_when_none_is_asked_for():
  assert set(splits.split_speakers(['a', 'b', 'c'], 0.0).values()) == {'train'}


def test_speakers_stay_when_others_are_added():
  few = splits.split_speakers([f's{k}' for k in range(40)], 0.2)
  many = splits.split_speakers([f's{k}' for k in range(80)], 0.2)
  assert all(many[name] == split for name, split in few.items())


def test_fraction_out_of_range_is_refused():
  with pytest.raises(ValueError, match='1.5 is not in 0..1'):
    splits.split_speakers(['a'], 1.5)


@pytest.mark.parametrize(
  'filled, expected',
  [
    (['validation'], {'train'}),  # nobody has to
    (['train'], {'validation'}),  # so all may
    (['train', 'validation'], {'train'}),
    (['test'], {'train', 'validation'}),
  ],
)
def test_filled_splits_need_nobody(filled, expected):
  fraction = 1.0 if filled == ['train'] else 1e-9
  chosen = splits.split_speakers(['a', 'b', 'c'], fraction, filled=filled)
  assert set(chosen.values()) == expected


def test_only_who_has_no_split_is_given_one():
  speakers = ['a', 'b', 'c', 'd', 'a']
  chosen = splits.assign(speakers, ['', '', 'test', 'train', ''], 1e-9)
  assert chosen[2:4] == ['test', 'train']
  assert chosen[0] == chosen[4]
  assert sorted(chosen[:2]) == ['train', 'validation']
  given = ['validation', '', 'test', 'test', '']
  # Of 'a' it is known; 'b' is the only one left for training.
  assert splits.assign(speakers, given, 1.0) == [
    'validation',
    'train',
    'test',
    'test',
    'validation',
  ]
  assert splits.assign([], [], 0.1) == []


def test_folders_of_frames_are_found(tmp_path):
  for name in ('a/0/0.jpg', 'a/1/audio.wav', 'a/2/x.jpg', 'b/7.png', 'b/1.JPG'):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
  found = [path.as_posix() for path in splits.find_frame_folders(tmp_path)]
  assert found == ['a/0', 'a/1']


def test_manifest_summary_counts(tmp_path):
  kept = {'kept': True, 'reason': '', 'chunks': 2, 'seconds': 90.0, 'track': 0}
  rows = [
    {'path': 'é.mp4', 'speaker': 'anna', 'split': 'train', **kept},
    {'path': 'b.mp4', 'speaker': 'ben', 'split': 'train', **kept},
    {'path': 'c.mp4', 'speaker': 'ben', 'split': 'validation', **kept},
    {'path': 'd.mp4', 'split': 'train', 'kept': False, 'reason': 'no sound'},
  ]
  manifest.write(tmp_path, rows)
  assert manifest.read(tmp_path) == rows
  text = manifest.summary(rows)
  assert '3 of 3 candidates kept, of 4 videos' in text
  assert '1 dropped: no sound' in text
  assert 'train: 2 tracks, 4 chunks, 3.0 min, 2 speakers (anna, ben)' in text
  assert manifest.shared_speakers(rows) == ['ben']
