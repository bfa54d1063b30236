"""What clips say: names of GRID, files of labels, classes; whole clips."""

import dataclasses
import json

import numpy as np
import pytest

from input_pipeline import clip_words, dataset, labels, records, windows

SENTENCE = ('bin', 'blue', 'at', 'f', 'two', 'now')


@pytest.mark.parametrize(
  'clip', ['train/s1/bbaf2n.mp4', 'bbaf2n_crop.mp4', 's1/BBAF2N.MPG', 'bbaf2n']
)
def test_names_of_grid(clip):
  assert clip_words.grid(clip) == SENTENCE


def test_zero_and_all_six_words():
  expected = ('set', 'white', 'with', 'z', 'zero', 'please')
  assert clip_words.grid('swwzzp.mp4') == expected


@pytest.mark.parametrize(
  'name',
  [
    'unknown_sentence',
    'bbaw2n',  # There is no letter w,
    'bbaf0n',  # zero is z,
    'xbaf2n',  # and no command x.
    'bbaf2',
    'bbaf2nn',
    'my_bbaf2n',
    '',
  ],
)
def test_other_names_say_nothing(name):
  assert clip_words.grid(f's1/{name}.mp4') is None


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    ('{', 'not JSON'),
    ('["a"]', 'holds no'),
    ('{"a.mp4": "word"}', "'a.mp4' has 'word'"),
    ('{"a.mp4": []}', 'has '),
    ('{"a.mp4": [1]}', 'not a list of words'),
    ('{"a.mp4": ["x"], "b.mp4": ["x", "y"]}', 'differ'),
  ],
)
def test_bad_files(tmp_path, content, message):
  path = tmp_path / 'labels.json'
  path.write_text(content)
  with pytest.raises(ValueError, match=message):
    clip_words.read(path)


@pytest.fixture
def source(counting_chunk):
  """Makes records of clips; a name given twice is a clip of two pieces."""

  def make(*clips, num_frames=20):
    seen, made = set(), []
    for clip in clips:
      start = 75 if clip in seen else 0
      seen.add(clip)
      chunk = counting_chunk(
        num_frames=num_frames, clip=clip, start_frame=start
      )
      made.append(records.encode(chunk))
    return made

  return make


@pytest.fixture
def grid(source):
  clips = 's/bbaf2n.mp4', 's/lbaf3n.mp4', 's/lgaf2n.mp4', 's/unknown.mp4'
  return labels.load('grid', source(*clips))


def test_the_vocabulary_is_that_of_training_sorted(grid):
  assert grid.slots[3:5] == ('letter', 'digit')
  assert grid.vocabulary == (
    ('bin', 'lay'),
    ('blue', 'green'),
    ('at',),
    ('f',),
    ('three', 'two'),
    ('now',),
  )
  assert grid.chance == pytest.approx((2 / 3, 2 / 3, 1, 1, 2 / 3, 1))
  np.testing.assert_array_equal(
    grid.classes('x/lbaf2n.mp4'), np.array([1, 0, 0, 0, 1, 0], np.int32)
  )
  assert json.loads(json.dumps(grid.description()))['vocabulary'][0] == [
    'bin',
    'lay',
  ]


def test_a_word_unknown_to_training_is_refused(grid, source):
  with pytest.raises(ValueError, match=r"'red' \(slot colour\).*blue, green"):
    grid.select(source('v/bbaf2n.mp4', 'v/lraf2n.mp4'))


def test_clips_without_labels_and_pieces_are_left_out_and_counted(grid, source):
  raw = source('v/a.mp4', 'v/lbaf3n.mp4', 'v/lgaf2n.mp4', 'v/lgaf2n.mp4')
  chosen = grid.select(raw)
  assert list(chosen) == [raw[1]]
  assert chosen.clip_ids == ('v/lbaf3n.mp4',)
  assert chosen.report == (
    '1 of 4 records have labels; 2 others are pieces of longer clips'
  )


def test_nothing_left_is_said(source):
  with pytest.raises(ValueError, match=r'0 of 1 records.*data\.labels'):
    labels.load('grid', source('v/a.mp4'))
  with pytest.raises(ValueError, match='needs labels'):
    labels.load('', source('v/a.mp4'))


def test_labels_from_a_file(source, tmp_path):
  path = tmp_path / 'labels.json'
  path.write_text('{"v/a.mp4": ["no"], "v/b.mp4": ["yes"]}')
  found = labels.load(str(path), source('v/a.mp4', 'v/b.mp4', 'v/c.mp4'))
  assert found.slots == ('0',)
  assert found.vocabulary == (('no', 'yes'),)
  assert found.classes('v/b.mp4').tolist() == [1]
  with pytest.raises(ValueError, match=r'v/c\.mp4 has no label'):
    found.classes('v/c.mp4')


def test_an_example_is_the_whole_clip_and_black_after_it(grid, source):
  raw = source('v/lbaf3n.mp4')
  options = windows.Options(image_size=16, labels=grid)
  (found,) = dataset.evaluation_batches(
    raw, 'lip_reading', options, batch_size=1
  )
  batch = {name: x[0] for name, x in found.rows.items()}
  assert batch['frames'].shape == (1, 75, 16, 16, 3)
  assert batch['length'].tolist() == [20]
  assert batch['labels'].tolist() == [[1, 0, 0, 0, 0, 0]]
  # Frame k is grey level 3 k, but for JPEG.
  levels = batch['frames'][0].mean((1, 2, 3))
  np.testing.assert_allclose(levels[:20], 3 * np.arange(20), atol=1)
  assert not batch['frames'][0, 20:].any()
  short = dataclasses.replace(options, clip_frames=19)
  with pytest.raises(ValueError, match='20 frames'):
    dataset.EXAMPLES['lip_reading'](raw[0], np.random.default_rng(0), short)
