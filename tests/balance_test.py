import numpy as np
import pytest

from input_pipeline import balance, dataset, records, windows

NAMES = ['a'] * 16 + ['b'] * 4 + ['c']


def test_no_balance_shows_every_record_once():
  assert balance.repeats(NAMES, 0).tolist() == [1] * 21


def test_full_balance_gives_every_speaker_the_same_share():
  repeats = balance.repeats(NAMES, 1)
  assert repeats.tolist() == [1] * 16 + [4] * 4 + [16]


def test_half_balance_makes_shares_grow_with_the_root():
  repeats = balance.repeats(NAMES, 0.5)
  assert repeats.tolist() == [1] * 16 + [2] * 4 + [4]  # shares 4 : 2 : 1


def test_strength_out_of_range_is_refused():
  with pytest.raises(ValueError, match='0 to 1'):
    balance.repeats(NAMES, 2)


def test_an_epoch_shows_records_as_often_as_told(counting_chunk):
  source = [
    records.encode(counting_chunk(num_frames=20, clip=clip))
    for clip in ('a/0.mp4', 'a/1.mp4', 'b/0.mp4')
  ]
  assert balance.speakers(source) == ['a', 'a', 'b']
  batches = dataset.make_dataset(
    source,
    'expert',
    windows.Options(image_size=16),
    batch_size=4,
    seed=0,
    repeats=np.array([1, 1, 2]),
  )
  for _ in range(3):
    _, counts = np.unique(next(batches)['clip'], return_counts=True)
    assert sorted(counts.tolist()) == [1, 1, 2]
