"""What there is to prepare, from a folder or from a list."""

import pathlib

import pytest

from input_pipeline.preparation import sources


def touch(folder, *names):
  for name in names:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def write_list(folder, text):
  path = folder / 'clips.txt'
  path.write_text(text)
  return path


def test_a_folder_is_searched_and_sorted(tmp_path):
  touch(tmp_path, 'ben/b.mp4', 'ben/notes.txt', 'anna/day/a.MOV', 'c.mkv')
  found = sources.find(tmp_path)
  assert [source.clip_id for source in found] == [
    'anna/day/a.MOV',
    'ben/b.mp4',
    'c.mkv',
  ]
  assert [s.speaker for s in found] == ['day', 'ben', tmp_path.name]
  assert found[0] == sources.Source(
    tmp_path / 'anna/day/a.MOV', 'anna/day/a.MOV', 'day'
  )


def test_the_file_may_name_the_speaker(tmp_path):
  touch(tmp_path, 'day1/anna.mp4', 'day2/ben.take1.mp4')
  found = sources.find(tmp_path, speaker_from='file')
  assert [source.speaker for source in found] == ['anna', 'ben.take1']


def test_the_folder_in_which_we_are_has_a_name(tmp_path, monkeypatch):
  touch(tmp_path, 'videos/one.mp4')
  monkeypatch.chdir(tmp_path / 'videos')
  assert sources.find('.')[0].speaker == 'videos'


def test_a_list_names_its_files(tmp_path):
  touch(tmp_path, 'in/b/2.mp4', 'in/a/1.mp4', 'in/a/3.mp4', 'other/c.mp4')
  lines = ['# mine', 'b/./2.mp4', '', ' a//1.mp4 ', '../other/c.mp4']
  path = write_list(tmp_path / 'in', '\r\n'.join(lines))
  found = sources.find(path)
  assert {s.clip_id: s.speaker for s in found} == {
    '../other/c.mp4': 'other',
    'a/1.mp4': 'a',
    'b/2.mp4': 'b',
  }
  assert all(source.path.is_file() for source in found)


@pytest.mark.parametrize(
  'text, error, message',
  [
    ('a.mp4\n\nb.mp4\n', FileNotFoundError, 'line 3: there is no file .*b.mp4'),
    ('a.mp4\nx/../a.mp4\n', ValueError, 'line 2: a.mp4 is already in line 1'),
    ('# nothing\n', ValueError, 'There are no videos in .*clips.txt'),
  ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path, text, error, message):
  touch(tmp_path, 'a.mp4')
  with pytest.raises(error, match=message):
    sources.find(write_list(tmp_path, text))


def test_a_list_that_is_none_is_refused(tmp_path):
  touch(tmp_path, 'a.mp4')
  with pytest.raises(ValueError, match='a.mp4 is a video: give its folder'):
    sources.find(tmp_path / 'a.mp4')
  (tmp_path / 'a.bin').write_bytes(b'\xff\xfe\x00\x81')
  with pytest.raises(ValueError, match='a.bin is not a text file'):
    sources.find(tmp_path / 'a.bin')
  with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
    sources.find(tmp_path / 'nowhere')


@pytest.mark.parametrize(
  'layout, message',
  [
    ('plain', 'There are no videos in [^;]*$'),
    ('lrs2', 'There are no videos in .*; layout lrs2 expects main/ID'),
    ('wav2lip', 'There are no videos in .*; layout wav2lip expects folders'),
  ],
)
def test_nothing_found_is_an_error(tmp_path, layout, message):
  touch(tmp_path, 'one/two.txt')
  with pytest.raises(ValueError, match=message):
    sources.find(tmp_path, layout=layout)


@pytest.mark.parametrize(
  'wrong, message',
  [
    ({'layout': 'lrs4'}, "no layout 'lrs4': take plain, lrs2"),
    ({'speaker_from': 'name'}, "must be 'parent' or 'file'"),
    ({'layout': 'grid', 'speaker_from': 'file'}, 'knows the speakers'),
  ],
)
def test_arguments_that_make_no_sense_are_refused(tmp_path, wrong, message):
  touch(tmp_path, 's1/one.mp4')
  with pytest.raises(ValueError, match=message):
    sources.find(tmp_path, **wrong)


@pytest.mark.parametrize(
  'layout, licence, expected',
  [
    ('plain', None, ''),
    ('plain', 'CC0', 'CC0'),
    ('grid', None, 'CC BY 4.0, GRID corpus'),
    ('grid', 'mine', 'mine'),
    ('grid', '', ''),
  ],
)
def test_a_licence_that_is_given_wins(tmp_path, layout, licence, expected):
  touch(tmp_path, 's1/one.mp4')
  [source] = sources.find(tmp_path, layout=layout, licence=licence)
  assert source.licence == expected
  assert source.path == pathlib.Path(tmp_path, 's1', 'one.mp4')
