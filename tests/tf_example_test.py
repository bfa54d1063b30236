"""Our reader of tf.train.Example against protobuf's own."""

import copy
import pickle

import numpy as np
import pytest
from tensorflow_datasets.proto import tf_example_pb2

from input_pipeline import records, tf_example


def example(**features):
  message = tf_example_pb2.Example()
  for name, (kind, values) in features.items():
    getattr(message.features.feature[name], kind).value.extend(values)
  return message


def test_every_kind_of_value_is_read():
  sizes = (0, 1, 127, 128, 300, 16_383, 16_384, 70_000)
  texts = [bytes(size) for size in sizes]
  numbers = [0, 1, 127, 128, -1, 2**63 - 1, -(2**63)]
  data = example(
    texts=('bytes_list', texts),
    numbers=('int64_list', numbers),
    reals=('float_list', [0.5, -2.0, 1e30]),
    none=('bytes_list', []),
  ).SerializeToString()
  found = tf_example.read(data)
  assert list(found['texts']) == texts
  assert found['numbers'] == numbers
  assert found['reals'] == [0.5, -2.0, np.float32(1e30)]
  assert list(found['none']) == []


def test_numbers_one_by_one_are_read_too():
  # Feature.int64_list and .float_list of writers that do not pack: tag, value.
  numbers = b'\x1a\x05' + b'\x08\x07' + b'\x08\x80\x01'
  reals = b'\x12\x05' + b'\x0d\x00\x00\x00\x3f'
  data = b''
  for name, feature in ((b'n', numbers), (b'r', reals)):
    entry = b'\x0a\x01' + name + b'\x12' + bytes([len(feature)]) + feature
    data += b'\x0a' + bytes([len(entry)]) + entry
  data = b'\x0a' + bytes([len(data)]) + data
  assert tf_example.read(data) == {'n': [7, 128], 'r': [0.5]}
  message = tf_example_pb2.Example.FromString(data)
  assert list(message.features.feature['n'].int64_list.value) == [7, 128]


def test_bytes_that_are_no_example_are_refused():
  data = example(a=('bytes_list', [b'x' * 200]), b=('int64_list', [5]))
  data = data.SerializeToString()
  whole = tf_example.read(data)
  assert set(whole) == {'a', 'b'}
  for cut in range(1, len(data)):
    with pytest.raises(ValueError, match='not a tf.train.Example'):
      tf_example.read(data[:cut])
  with pytest.raises(ValueError, match='not a tf.train.Example'):
    tf_example.read(b'\xff\xd8\xff\xe0 a picture')


def test_pictures_are_a_sequence_that_pickles_as_a_list():
  data = example(a=('bytes_list', [b'one', b'two', b'three']))
  values = tf_example.read(data.SerializeToString())['a']
  assert values[-1] == b'three' and values[1:] == [b'two', b'three']
  assert pickle.loads(pickle.dumps(values)) == [b'one', b'two', b'three']
  assert copy.copy(values) == values
  with pytest.raises(IndexError):
    values[3]


def test_a_record_can_be_changed_and_encoded_again(counting_chunk):
  data = records.encode(counting_chunk())
  assert records.encode(records.parse(data)) == data


def test_what_is_no_record_is_named(counting_chunk):
  with pytest.raises(ValueError, match='not a tf.train.Example'):
    records.parse(records.encode(counting_chunk())[:-1])
  other = example(a=('bytes_list', [b'x'])).SerializeToString()
  with pytest.raises(ValueError, match="tools.prepare wrote: KeyError.'frames"):
    records.parse(other)
