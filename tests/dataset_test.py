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


def test_evaluation_batches_are_always_the_same(source):
  def batches():
    return list(
      dataset.evaluation_batches(
        source, 'expert', OPTIONS, batch_size=4, num_batches=2
      )
    )

  assert_equal(batches(), batches())


def test_a_batch_that_does_not_divide_is_refused(source):
  with pytest.raises(ValueError, match='divisible by 3 hosts'):
    dataset.make_dataset(
      source, 'generator', OPTIONS, batch_size=4, seed=0, process_count=3
    )


def test_no_records_are_refused():
  with pytest.raises(ValueError, match=r'tools\.prepare'):
    dataset.make_dataset([], 'generator', OPTIONS, batch_size=4, seed=0)
