"""What a batch holds can be told without making it."""

import zlib

import numpy as np
import pytest

from input_pipeline import dataset, intact, records, tfrecord, windows


@pytest.fixture
def source(counting_chunk):
  return [
    records.encode(
      counting_chunk(num_frames=20, clip=f's/{i}.mp4', start_frame=5 * i)
    )
    for i in range(7)
  ]


def made(source, count, **kwargs):
  """Hashes of the clips' names in the batches that training gets."""
  batches = dataset.make_dataset(
    source,
    'expert',
    windows.Options(image_size=16),
    seed=3,
    num_threads=1,
    **kwargs,
  )
  return [next(batches)['clip'].tolist() for _ in range(count)]


def told(source, k, **kwargs):
  named = dataset.batch_records(source, k, seed=3, **kwargs)
  return [zlib.crc32(name.split(' @ ')[0].encode()) >> 1 for _, name in named]


@pytest.mark.parametrize(
  'repeats', [None, np.array([1, 3, 1, 2, 1, 1, 1])], ids=['once', 'balanced']
)
def test_a_batch_holds_the_records_that_are_told(source, repeats):
  # Four of 7 or 10: several of the batches reach over the end of an epoch.
  batches = made(source, 6, batch_size=4, repeats=repeats)
  for k, batch in enumerate(batches):
    assert told(source, k, batch_size=4, repeats=repeats) == batch


def test_hosts_hold_their_parts_of_it(source):
  parts = [
    made(source, 4, batch_size=4, process_index=p, process_count=2)
    for p in range(2)
  ]
  for k, (first, second) in enumerate(zip(*parts, strict=True)):
    assert told(source, k, batch_size=4) == first + second


def test_names_and_numbers(source):
  named = dataset.batch_records(source, 0, batch_size=7, seed=3)
  assert sorted(named) == [(i, f's/{i}.mp4 @ {5 * i}') for i in range(7)]


def test_what_stands_for_a_damaged_record_is_named(source):
  class Damaged(list):
    def __getitem__(self, k):
      if k == 2:
        raise tfrecord.DamagedRecordError('Record 2', 'its checksum differs')
      return super().__getitem__(k)

  whole = intact.Intact(Damaged(source), intact.Damage(1))
  names = dict(dataset.batch_records(whole, 0, batch_size=7, seed=3))
  assert names[2] == names[3] == 's/3.mp4 @ 15'
