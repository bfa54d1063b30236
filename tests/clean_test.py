"""A data set loses what is out of sync, and nothing else changes."""

import json

import matching
import numpy as np
import pytest

from input_pipeline import (
  clean,
  clean_report,
  dataset,
  manifest,
  records,
  shards,
  windows,
)

# By clip: split, lead of the sound in frames.
CLIPS = {
  'a/good.mp4': ('train', 0),
  'a/late.mp4': ('train', -5),
  'b/early.mp4': ('train', 10),
  'c/judge.mp4': ('validation', 5),
}


@pytest.fixture
def data(tmp_path, counting_chunk):
  """A data set of those clips; 'a/good.mp4' has a second chunk, 5 off."""
  folder = tmp_path / 'data'
  folder.mkdir()
  writers = []
  for split in ('train', 'validation'):
    with shards.ShardWriter(folder, 'people', split) as writer:
      for clip, (where, lead) in CLIPS.items():
        if where == split:
          chunk = counting_chunk(num_frames=40, clip=clip)
          writer.write(matching.leading(chunk, lead))
      if split == 'train':
        chunk = counting_chunk(num_frames=30, clip='a/good.mp4', start_frame=40)
        writer.write(matching.leading(chunk, 5))
    writers.append(writer)
  metadata = {'size': 16, 'licence': 'mine'}
  shards.write_metadata(folder, writers, description='', metadata=metadata)
  return folder


def contents(folder, split):
  """By clip and start."""
  source = shards.load_split(folder, split, check=True)
  chunks = [records.parse(source[k]) for k in range(len(source))]
  return {(c.clip_id, c.start_frame): c for c in chunks}


def test_training_records_out_of_sync_are_dropped(data, tmp_path):
  output = tmp_path / 'clean'
  rows = clean.clean(
    data, output, matching.judge().score, clean.Thresholds(0.5)
  )
  left = contents(output, 'train')
  assert left.keys() == {('a/good.mp4', 0)}
  # Judged by what it always was.
  judged = contents(output, 'validation')
  assert judged.keys() == {('c/judge.mp4', 0)}
  for chunks, lead in ((left, 0), (judged, 5)):
    [chunk] = chunks.values()
    assert (chunk.sync_offset, chunk.sync_confidence) == (lead, 1)
  assert rows == manifest.read(output)
  assert sorted(p.name for p in tmp_path.iterdir()) == ['clean', 'data']


def test_records_that_stay_are_copied_to_the_bit(data, tmp_path):
  output = tmp_path / 'clean'
  clean.clean(
    data, output, matching.judge().score, clean.Thresholds(0.0, max_offset=15)
  )
  for split in ('train', 'validation'):
    old, new = contents(data, split), contents(output, split)
    assert old.keys() == new.keys()
    for key, chunk in old.items():
      for name, value in vars(chunk).items():
        if not name.startswith('sync_'):
          np.testing.assert_array_equal(vars(new[key])[name], value)


def test_manifest_says_what_was_dropped_and_why(data, tmp_path):
  output = tmp_path / 'clean'
  # One row that prepare wrote, of a video that was left out then.
  manifest.write(
    data,
    [
      {'path': 'a/none.mp4', 'kept': False, 'reason': 'no face', 'split': ''},
      {'path': 'a/late.mp4', 'kept': True, 'detector': 'yunet', 'chunks': 1},
    ],
  )
  rows = clean.clean(
    data, output, matching.judge().score, clean.Thresholds(0.5)
  )
  by_path = {row['path']: row for row in rows}
  assert by_path.keys() == {'a/none.mp4', *CLIPS}
  assert by_path['a/none.mp4']['reason'] == 'no face'
  why = 'out of sync by more than 1 frame'
  good, late = by_path['a/good.mp4'], by_path['a/late.mp4']
  assert (good['kept'], good['chunks'], good['seconds']) == (True, 1, 1.6)
  assert good['sync'] == [
    {'start_frame': 0, 'frames': 40, 'offset': 0, 'confidence': 1},
    {
      'start_frame': 40,
      'frames': 30,
      'offset': 5,
      'confidence': 1,
      'dropped': why,
    },
  ]
  assert (late['kept'], late['reason'], late['chunks']) == (False, why, 0)
  assert late['detector'] == 'yunet' and late['seconds'] == 0
  assert by_path['c/judge.mp4']['kept']
  assert clean_report.summary(rows).splitlines() == [
    '1 of 4 training records kept',
    f'  3 dropped: {why}',
    'Other splits are measured, but kept whole.',
  ]
  assert f'2 dropped: {why}' in manifest.summary(rows)


def test_metadata_says_how_it_was_cleaned_and_training_reads_it(data, tmp_path):
  output = tmp_path / 'clean'
  clean.clean(
    data,
    output,
    matching.judge().score,
    clean.Thresholds(0.5, 5),
    about={'run': 'runs/expert', 'step': 7},
  )
  metadata = json.loads((output / 'metadata.json').read_text())
  assert metadata == {
    'size': 16,
    'licence': 'mine',
    'cleaned': {
      'min_confidence': 0.5,
      'max_offset': 5,
      'expert': {'run': 'runs/expert', 'step': 7},
    },
  }
  batches = dataset.make_dataset(
    shards.load_split(output, 'train'),
    'expert',
    windows.Options(image_size=16),
    batch_size=2,
    seed=0,
  )
  assert next(batches)['frames'].shape[0] == 2


@pytest.mark.parametrize(
  ('offset', 'confidence', 'reason'),
  [
    (1, 0.5, ''),
    (-1, 0.9, ''),
    (2, 0.9, 'out of sync by more than 1 frame'),
    (-2, 0.9, 'out of sync by more than 1 frame'),
    (0, 0.49, 'sync confidence below 0.5'),
    (0, float('nan'), 'sync confidence below 0.5'),
    (float('nan'), 0.9, 'out of sync by more than 1 frame'),
  ],
)
def test_thresholds(offset, confidence, reason):
  assert clean.Thresholds(0.5).reason(offset, confidence) == reason
  if reason.startswith('out'):
    wider = clean.Thresholds(0.5, 1.5).reason(offset, confidence)
    assert wider == 'out of sync by more than 1.5 frames'


def test_a_failure_leaves_nothing_and_keeps_what_was_there(data, tmp_path):
  output = tmp_path / 'clean'
  score = matching.judge().score
  clean.clean(data, output, score, clean.Thresholds(0.5))
  before = {p: p.read_bytes() for p in output.iterdir()}

  def fail(raw):
    raise OSError('No space left on device')

  for wrong, error, said in [
    (fail, OSError, 'No space'),
    (lambda raw: (0, 0.1), ValueError, "No record of 'train' would be left"),
  ]:
    with pytest.raises(error, match=said):
      clean.clean(data, output, wrong, clean.Thresholds(0.5), overwrite=True)
    assert {p: p.read_bytes() for p in output.iterdir()} == before
  with pytest.raises(FileExistsError, match='--overwrite'):
    clean.clean(data, output, score, clean.Thresholds(0.5))
  with pytest.raises(FileExistsError, match='what is to be cleaned'):
    clean.clean(data, data, score, clean.Thresholds(0.5), overwrite=True)
  assert sorted(p.name for p in tmp_path.iterdir()) == ['clean', 'data']


def test_a_damaged_record_is_said(data, tmp_path):
  [shard] = data.glob('*-train.tfrecord-00000-of-00001')
  damaged = bytearray(shard.read_bytes())
  damaged[2000] ^= 1
  shard.write_bytes(bytes(damaged))
  with pytest.raises(ValueError, match='Record 0 is damaged'):
    clean.clean(
      data, tmp_path / 'o', matching.judge().score, clean.Thresholds(0.5)
    )
  assert [p.name for p in tmp_path.iterdir()] == ['data']


def test_deciles_to_choose_by(data):
  scores = clean.measure(data, matching.judge().score)
  assert scores == [(0, 1), (-5, 1), (10, 1), (5, 1)]
  shown = clean_report.distribution([(k - 5, k / 10) for k in range(11)])
  lines = shown.splitlines()
  assert lines[0].startswith('11 records')
  assert lines[1:12] == [f'{10 * k:5d} %  {k / 10:8.4f}' for k in range(11)]
  assert ' 27.3 %    1 frames, either way' in lines
