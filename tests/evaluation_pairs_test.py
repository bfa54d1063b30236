"""Lists of pairs, in every form that Wav2Lip's evaluation has them."""

import pytest

from lipsync_jax.evaluation import pairs

# A line of each list, made up after the pattern of the original.
LRS = '6339758276407584924/00098 6330311066473698535/00011\n'
LRW = 'BRING_00018 WESTERN_00039\n'
RESYNCED = 'sachin.mp4 emma_cropped.mp4\n'
TTS = 'agad_2.mp4 agad_2.wav\n'


def read(tmp_path, text, order=None):
  path = tmp_path / 'list.txt'
  path.write_text(text)
  return pairs.read(path, order)


@pytest.mark.parametrize(
  ('line', 'video', 'audio'),
  [
    (LRS, '6330311066473698535/00011', '6339758276407584924/00098'),
    (LRW, 'WESTERN_00039', 'BRING_00018'),
    (RESYNCED, 'sachin.mp4', 'emma_cropped.mp4'),
    (TTS, 'agad_2.mp4', 'agad_2.wav'),
  ],
)
def test_every_list_says_what_its_own_script_does(tmp_path, line, video, audio):
  [found] = read(tmp_path, f'# comment\n\n{line}')
  assert found == pairs.Pair(video, audio) and not found.own


def test_the_order_can_be_said(tmp_path):
  [found] = read(tmp_path, 'a.mp4 b.mp4\n', pairs.SOUND_FIRST)
  assert found == pairs.Pair('b.mp4', 'a.mp4')
  with pytest.raises(ValueError, match="order 'both'"):
    read(tmp_path, LRS, 'both')


def test_a_dot_in_a_name_does_not_turn_its_line_round(tmp_path):
  found = read(tmp_path, 'a/one b/two\nc/j.smith_1 d/three\n')
  assert [pair.video for pair in found] == ['b/two', 'd/three']
  (tmp_path / 'c').mkdir()
  (tmp_path / 'c' / 'j.smith_1.mp4').touch()
  assert pairs.locate(tmp_path, 'c/j.smith_1').name == 'j.smith_1.mp4'


def test_names_with_and_without_suffixes_need_an_order(tmp_path):
  text = 'a.wav b\n'
  with pytest.raises(ValueError, match="order = 'audio video'"):
    read(tmp_path, text)
  assert read(tmp_path, text, pairs.SOUND_FIRST) == [pairs.Pair('b', 'a.wav')]


def test_names_with_spaces_are_told_by_a_tab(tmp_path):
  [found] = read(tmp_path, 'my talk.mp4\tmy talk.mp4\n')
  assert found.video == 'my talk.mp4' and found.own


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('a b\nc\n', "line 2: 'c' is no pair"),
    ('a b c\n', 'line 1'),
    ('# nothing\n', 'holds no pair'),
  ],
)
def test_what_is_no_list_is_an_error_with_its_line(tmp_path, text, said):
  with pytest.raises(ValueError, match=said):
    read(tmp_path, text)


def test_files_are_found_where_the_data_sets_keep_them(tmp_path):
  for name in ('s1/a.mp4', 'BRING_00018.mp4', 'GIVEN/test/GIVEN_00006.mp4'):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
  assert pairs.locate(tmp_path, 's1/a') == tmp_path / 's1/a.mp4'
  assert pairs.locate(tmp_path, 's1/a.mp4') == tmp_path / 's1/a.mp4'
  assert pairs.locate(tmp_path, 'BRING_00018').name == 'BRING_00018.mp4'
  given = tmp_path / 'GIVEN/test/GIVEN_00006.mp4'
  assert pairs.locate(tmp_path, 'GIVEN_00006') == given
  with pytest.raises(ValueError, match='no such file'):
    pairs.locate(tmp_path, 's1/b')
