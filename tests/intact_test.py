"""Damaged records: told once, counted, replaced or left out, up to a limit."""

import concurrent.futures
import pickle

import damage
import jax
import numpy as np
import pytest

from input_pipeline import (
  balance,
  dataset,
  intact,
  labels,
  records,
  tfrecord_index,
  windows,
)


@pytest.fixture
def shard(counting_chunk, tmp_path):
  return damage.write(
    tmp_path,
    [counting_chunk(num_frames=20, clip=f's{i}/{i}.mp4') for i in range(6)],
  )


def open_intact(shard, allowed=10):
  return intact.Intact(damage.source(shard.parent), intact.Damage(allowed))


def clips(source):
  return [records.parse(data).clip_id[3:4] for data in source]


def test_the_next_record_stands_for_a_damaged_one(shard, caplog):
  places = [damage.flip(shard, k) for k in (1, 2, 5)]
  noted = intact.Damage(10)
  source = intact.Intact(damage.source(shard.parent), noted)
  for _ in range(2):
    assert clips(source) == list('033340')
  assert len(noted) == 3
  told = [r.message for r in caplog.records]
  assert told == [
    f'Record {k} ({shard}, byte {place}) is damaged and not used: its checksum '
    f"differs, clip 's{k}/{k}.mp4'."
    for k, place in zip((1, 2, 5), places, strict=True)
  ]


def test_a_record_whose_name_is_gone_is_told_of_without(shard, caplog):
  damage.flip(shard, 1, at=0)
  assert clips(open_intact(shard))[1] == '2'
  assert caplog.messages[0].endswith('its checksum differs.')


# In the middle of a record, in its header, and between two.
@pytest.mark.parametrize('more', [3000, 5, 0])
def test_a_shard_cut_short_lost_its_last_records(shard, more, caplog):
  index = np.load(tfrecord_index.index_path(shard))
  damage.cut(shard, 4, more=more)
  for _ in range(2):  # The index stays, so that it is known next time too.
    source = open_intact(shard)
    assert len(source) == 6
    assert clips(source) == list('012300')
    assert clips(source.left()) == list('0123')
  np.testing.assert_array_equal(
    np.load(tfrecord_index.index_path(shard)), index
  )
  assert 'the shard ends before it does' in caplog.text


def test_bytes_that_are_no_record_are_damaged_too(counting_chunk, tmp_path):
  damage.write(
    tmp_path, [b'Hello.', counting_chunk(num_frames=20, clip='s1/1')]
  )
  noted = intact.Damage(10)
  source = intact.Intact(damage.source(tmp_path), noted)
  assert clips(source) == ['1', '1']
  assert clips(source.left()) == ['1']
  assert len(noted) == 1


def test_more_than_allowed_stop_the_run(shard):
  for k in (1, 3, 4):
    damage.flip(shard, k)
  source = open_intact(shard, allowed=2)
  with pytest.raises(ValueError, match='3 records are damaged') as caught:
    clips(source)
  words = str(caught.value)
  assert 'the 2 that --config.data.max_damaged allows' in words
  assert 'tools.prepare' in words
  assert '\n' not in words
  assert all(f'Record {k} ({shard}' in words for k in (1, 3, 4))


def test_that_none_is_left_is_told(shard):
  damage.cut(shard, 0)
  with pytest.raises(ValueError, match='None of the 6 records is intact'):
    open_intact(shard)[0]


def take(source, count=4, **kwargs):
  batches = dataset.make_dataset(
    source,
    'expert',
    windows.Options(image_size=16),
    batch_size=4,
    seed=0,
    num_threads=2,
    **kwargs,
  )
  return [next(batches) for _ in range(count)]


def test_batches_are_those_of_the_record_that_stands_for_it(shard):
  whole = list(damage.source(shard.parent))
  damage.flip(shard, 2)
  for batch, expected in zip(
    take(open_intact(shard)),
    take([*whole[:2], whole[3], *whole[3:]]),
    strict=True,
  ):
    jax.tree.map(np.testing.assert_array_equal, batch, expected)


def test_what_threads_find_reaches_the_loop_in_words(shard):
  damage.flip(shard, 2)
  with pytest.raises(ValueError, match=r'^1 record is damaged, .*max_damaged'):
    take(open_intact(shard, allowed=0))


def test_threads_tell_once(shard, caplog):
  damage.flip(shard, 2)
  noted = intact.Damage(1)
  source = intact.Intact(damage.source(shard.parent), noted)
  with concurrent.futures.ThreadPoolExecutor(16) as pool:
    found = list(pool.map(source.__getitem__, [2] * 200))
  assert len(set(found)) == len(noted) == len(caplog.messages) == 1


def test_it_can_be_pickled(shard):
  damage.flip(shard, 2)
  source = open_intact(shard, allowed=1)
  copy = pickle.loads(pickle.dumps(source))
  assert clips(copy) == clips(source) == list('013345')


def test_speakers_and_labels_survive(shard):
  damage.flip(shard, 2)
  source = open_intact(shard)
  assert balance.speakers(source) == ['s0', 's1', 's3', 's3', 's4', 's5']
  # Not once for itself and once for its neighbour: it would have two pieces.
  chosen = labels.select(source.left(), lambda clip: ('word',))
  assert clips(chosen) == list('01345')
