"""Records survive the disk, and TFDS reads what we write."""

import pickle

import numpy as np
import pytest
import tensorflow_datasets as tfds

from input_pipeline import records, shards, tfrecord, tfrecord_index


def make_chunk(k=0, frames=5, size=16):
  rng = np.random.default_rng(k)
  return records.Chunk(
    frames=[
      records.encode_frame(np.full((size, size, 3), (200, 10 * j, k), np.uint8))
      for j in range(frames)
    ],
    audio=rng.integers(-9, 9, 640 * frames + 20_480).astype(np.int16),
    mel=rng.normal(size=(16 * frames // 5 + 96, 80)).astype(np.float32),
    mel_context=48,
    num_frames=frames,
    fps=25.0,
    clip_id=f'anna/clip{k}.mp4',
    speaker='anna',
    start_frame=5 * k,
    box=rng.normal(size=(frames, 3)).astype(np.float32),
    sync_offset=-1.0,
    sync_confidence=5.5,
    licence='CC BY 4.0',
  )


def write(directory, counts, **options):
  writers = []
  for split, count in counts.items():
    with shards.ShardWriter(directory, 'faces', split, **options) as writer:
      for k in range(count):
        writer.write(make_chunk(k))
    writers.append(writer)
  shards.write_metadata(
    directory, writers, description='Test.', metadata={'size': 16}
  )


def test_record_survives_encoding():
  chunk = make_chunk(3)
  restored = vars(records.parse(records.encode(chunk)))
  for name, value in vars(chunk).items():
    assert np.array_equal(restored[name], value), name
    assert getattr(restored[name], 'dtype', 0) == getattr(value, 'dtype', 0)


def test_unknown_sync_stays_nan():
  fields = {**vars(make_chunk()), 'sync_offset': float('nan')}
  restored = records.parse(records.encode(records.Chunk(**fields)))
  assert np.isnan(restored.sync_offset)


def test_decode_reads_only_the_frames_asked_for_in_rgb():
  decoded = records.decode(records.encode(make_chunk(7)), frames=(4, 0, 4))
  assert decoded['frames'].shape == (3, 16, 16, 3)
  colours = decoded['frames'].mean((1, 2))
  np.testing.assert_allclose(colours[:, 0], 200, atol=2)
  np.testing.assert_allclose(colours[:, 1], [40, 0, 40], atol=2)
  assert decoded['speaker'] == 'anna'


def test_decode_can_skip_the_pictures():
  decoded = records.decode(records.encode(make_chunk()), frames=())
  assert len(decoded['frames']) == 0
  assert decoded['num_frames'] == 5


def test_chunk_whose_parts_disagree_is_refused():
  chunk = make_chunk()
  broken = records.Chunk(**{**vars(chunk), 'frames': chunk.frames[1:]})
  with pytest.raises(ValueError, match='5 frames announced, 4 pictures'):
    records.encode(broken)


def test_split_is_read_back_in_order_from_many_shards(tmp_path):
  write(tmp_path, {'train': 7, 'validation': 2}, shard_bytes=100_000)
  source = shards.load_split(tmp_path, 'train', check=True)
  assert len(source.paths) > 2
  starts = [records.parse(data).start_frame for data in source]
  assert starts == [0, 5, 10, 15, 20, 25, 30]
  assert len(shards.load_split(tmp_path, 'validation')) == 2


# TFDS 4.9.10 evaluates a protobuf attribute that protobuf >= 6.31 deprecates
# even where it uses its replacement (core/dataset_info.py).
@pytest.mark.filterwarnings(r'ignore:label\(\) is deprecated')
def test_tfds_reads_the_directory(tmp_path):
  write(tmp_path, {'train': 3, 'validation': 1}, shard_bytes=100_000)
  info = tfds.builder_from_directory(tmp_path).info
  assert info.splits['train'].num_examples == 3
  assert info.metadata['size'] == 16
  files = info.splits['train'].filepaths
  assert [str(f) for f in files] == shards.load_split(tmp_path, 'train').paths
  data = tfrecord.TFRecordSource(files)[2]
  example = info.features.deserialize_example_np(data)
  assert example['clip_id'] == b'anna/clip2.mp4'
  np.testing.assert_array_equal(example['mel'], make_chunk(2).mel)
  np.testing.assert_array_equal(example['audio'], make_chunk(2).audio)
  assert example['frames'] == make_chunk(2).frames


def test_source_can_be_pickled(tmp_path):
  write(tmp_path, {'train': 2})
  source = shards.load_split(tmp_path, 'train')
  first = source[0]
  assert pickle.loads(pickle.dumps(source))[0] == first


@pytest.mark.parametrize('damage', ['missing', 'stale', 'rubbish'])
def test_index_is_rebuilt(tmp_path, damage):
  path = tmp_path / 'a.tfrecord'
  with tfrecord.TFRecordWriter(path) as writer:
    for data in (b'one', b'', b'three'):
      writer.write(data)
  index = tfrecord_index.index_path(path)
  if damage == 'missing':
    index.unlink()
  elif damage == 'stale':
    with open(index, 'wb') as file:
      np.save(file, np.array([[12, 3]]))
  else:
    index.write_bytes(b'not an index')
  assert list(tfrecord.TFRecordSource([path])) == [b'one', b'', b'three']
  assert np.load(index).tolist() == [[12, 3], [31, 0], [47, 5]]


def masked_crc(data):
  """TensorFlow's checksum from its definition, bit by bit."""
  crc = 0xFFFFFFFF
  for byte in data:
    crc ^= byte
    for _ in range(8):
      crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
  crc ^= 0xFFFFFFFF
  rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
  return ((rotated + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, 'little')


def test_framing_is_tensorflows(tmp_path):
  path = tmp_path / 'a.tfrecord'
  with tfrecord.TFRecordWriter(path) as writer:
    writer.write(b'a')
  length = (1).to_bytes(8, 'little')
  expected = length + masked_crc(length) + b'a' + masked_crc(b'a')
  assert path.read_bytes() == expected


def test_changed_byte_is_found(tmp_path):
  path = tmp_path / 'a.tfrecord'
  with tfrecord.TFRecordWriter(path) as writer:
    writer.write(b'hello')
  content = bytearray(path.read_bytes())
  content[13] ^= 1
  path.write_bytes(content)
  with pytest.raises(ValueError, match='Record 0 is damaged'):
    tfrecord.TFRecordSource([path], check=True)[0]


def test_shard_cut_short_is_found(tmp_path):
  path = tmp_path / 'a.tfrecord'
  with tfrecord.TFRecordWriter(path) as writer:
    writer.write(b'hello')
    writer.write(b'world')
  path.write_bytes(path.read_bytes()[:-3])
  with pytest.raises(ValueError, match='cut short at byte 21'):
    tfrecord.TFRecordSource([path])


def test_missing_split_and_missing_shard_are_named(tmp_path):
  write(tmp_path, {'train': 3}, shard_bytes=40_000)
  with pytest.raises(FileNotFoundError, match="no split 'test'; it has: train"):
    shards.load_split(tmp_path, 'test')
  source = shards.load_split(tmp_path, 'train')
  (tmp_path / source.paths[0]).unlink()
  with pytest.raises(FileNotFoundError, match='has 2 of 3 shards'):
    shards.load_split(tmp_path, 'train')
