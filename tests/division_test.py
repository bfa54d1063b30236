"""Deciding shards and splits apart from the records changes nothing."""

import itertools

import pytest

from input_pipeline import shards
from input_pipeline.preparation import assemble, division

# path, speaker, given split, sizes of the records of one track each.
VIDEOS = [
  ('a/1.mp4', 'anna', '', [700, 900]),
  ('a/2.mp4', 'anna', '', [100]),
  ('b/1.mp4', 'ben', 'test', [400] * 5),
  ('b/2.mp4', 'ben', '', [300, 3000]),
  ('c/1.mp4', 'cleo', '', [50, 60, 70]),
  ('d/1.mp4', 'dora', '', []),
  ('e/1.mp4', 'ben', 'train', [10]),
]


def divide(videos, fraction=0.1, **more):
  found = [
    division.Video(path, who, given, [(0, k, n) for k, n in enumerate(sizes)])
    for path, who, given, sizes in videos
  ]
  # In any order.
  return division.divide(found[::-1], fraction, **more)


@pytest.mark.parametrize('videos', [VIDEOS, VIDEOS[:4], VIDEOS[:1], []])
@pytest.mark.parametrize('fraction', [0, 0.1, 0.5])
def test_splits_are_those_of_the_rows(videos, fraction):
  rows = [
    {'speaker': who, 'kept': True} | ({'given_split': given} if given else {})
    for _, who, given, _ in videos
  ]
  assemble.assign_splits(rows, fraction)
  found = divide(videos, fraction).splits
  assert [row['split'] for row in rows] == [
    found[who, given] for _, who, given, _ in videos
  ]


@pytest.mark.parametrize('shard_bytes', [1, 1000, 1016, 1017, 10_000])
def test_shards_are_those_of_the_writer(tmp_path, shard_bytes):
  divided = divide(VIDEOS, shard_bytes=shard_bytes)
  for about in divided.written:
    here = []
    for path, who, given, sizes in VIDEOS:
      if divided.splits[who, given] == about.split:
        here += [(path, (who, given), k, n) for k, n in enumerate(sizes)]
    with shards.ShardWriter(
      tmp_path, 'talk', about.split, shard_bytes=shard_bytes
    ) as writer:
      for *_, size in here:
        writer.write_encoded(bytes(size))
    assert writer.shard_lengths == about.shard_lengths
    assert writer.num_bytes == about.num_bytes
    places = [divided.place((path, 0, k), who) for path, who, k, _ in here]
    total = len(writer.shard_lengths)
    assert places == list(
      itertools.chain.from_iterable(
        [(about.split, shard, total)] * length
        for shard, length in enumerate(writer.shard_lengths)
      )
    )
    written = sorted(p.name for p in tmp_path.glob(f'talk-{about.split}*[0-9]'))
    assert written == about.file_names('talk')
