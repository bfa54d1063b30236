import jax
import numpy as np
import pytest

from input_pipeline import dataset, records, windows

OPTIONS = windows.Options(image_size=16)


@pytest.fixture
def source(counting_chunk):
  return [
    records.encode(counting_chunk(num_frames=20, clip=f's/{i}.mp4'))
    for i in range(7)
  ]


def take(count, source, **kwargs):
  arguments = dict(batch_size=4, seed=3, num_threads=2) | kwargs
  batches = dataset.make_dataset(source, 'generator', OPTIONS, **arguments)
  return [next(batches) for _ in range(count)]


def assert_equal(a, b):
  jax.tree.map(np.testing.assert_array_equal, a, b)


def test_batch_k_depends_on_seed_and_k_alone(source):
  uninterrupted = take(6, source)
  assert_equal(take(2, source, start_step=4), uninterrupted[4:])
  assert_equal(take(6, source, num_threads=1, prefetch=1), uninterrupted)
  other = take(1, source, seed=4)[0]
  assert (other['frames'] != uninterrupted[0]['frames']).any()


def test_two_hosts_see_the_batch_of_one(source):
  one = take(5, source)
  first = take(5, source, process_index=0, process_count=2)
  second = take(5, source, process_index=1, process_count=2)
  for whole, a, b in zip(one, first, second, strict=True):
    assert_equal(whole, jax.tree.map(lambda x, y: np.concatenate([x, y]), a, b))


def test_an_epoch_sees_every_clip_once_in_a_new_order(source):
  batches = dataset.make_dataset(
    source, 'expert', OPTIONS, batch_size=7, seed=0
  )
  epochs = [next(batches)['clip'].tolist() for _ in range(3)]
  assert all(len(set(epoch)) == 7 for epoch in epochs)
  assert epochs[0] != epochs[1] != epochs[2]


def evaluation(source, kind='generator', **kwargs):
  return list(dataset.evaluation_batches(source, kind, OPTIONS, **kwargs))


def test_evaluation_batches_are_always_the_same(source):
  both = [evaluation(source, 'expert', batch_size=4) for _ in range(2)]
  assert_equal(*both)


@pytest.mark.parametrize('batch_size', [2, 3, 7, 9])
def test_every_record_counts_once_whatever_the_batch(source, batch_size):
  batches = evaluation(source, batch_size=batch_size)
  assert all(len(batch.mask) == batch_size for batch in batches)
  counted = [
    (batch.records[i], {k: v[i] for k, v in batch.rows.items()})
    for batch in batches
    for i in np.flatnonzero(batch.mask)
  ]
  assert [record for record, _ in counted] == list(range(7))
  # And each record's examples are its own, as in a batch of one.
  alone = evaluation(source, batch_size=1)
  for record, rows in counted:
    assert_equal(rows, {k: v[0] for k, v in alone[record].rows.items()})


def test_a_generator_is_judged_at_five_moments_of_a_clip(source):
  (batch,) = evaluation(source, batch_size=7)
  assert batch.rows['frames'].shape == (7, 5, 5, 16, 16, 3)
  # Frame k is grey level 3 k, but for JPEG.
  first = batch.rows['frames'][0, :, 0].mean((1, 2, 3))
  np.testing.assert_allclose(first, 3 * np.array([0, 4, 8, 11, 15]), atol=1)


def test_a_few_batches_are_spread_over_the_split(source):
  batches = evaluation(source, batch_size=2, num_batches=2)
  assert [b.records.tolist() for b in batches] == [[0, 2], [4, 6]]
  assert len(evaluation(source, batch_size=2, num_batches=9)) == 4


def test_a_batch_that_does_not_divide_is_refused(source):
  with pytest.raises(ValueError, match='divisible by 3 hosts'):
    dataset.make_dataset(
      source, 'generator', OPTIONS, batch_size=4, seed=0, process_count=3
    )


def test_no_records_are_refused():
  with pytest.raises(ValueError, match=r'tools\.prepare'):
    dataset.make_dataset([], 'generator', OPTIONS, batch_size=4, seed=0)
