"""The fields of a record: as TFDS declares them, and read without TFDS.

TFDS copies all pictures of a record, 0.4 ms for a chunk of 75 frames, of which
most examples need ten. `read` leaves them where they are.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np


@functools.cache
def features():
  """The tfds FeaturesDict of a chunk (TFDS is imported at the first call)."""
  import tensorflow_datasets as tfds

  # 'bytes' encoding: raw memory. The default writes integers one by one, ten
  # times slower to read and larger.
  def array(dtype, *shape):
    return tfds.features.Tensor(shape=shape, dtype=dtype, encoding='bytes')

  text = tfds.features.Text
  return tfds.features.FeaturesDict(
    {
      # Sequence(Image) cannot be encoded without TensorFlow; JPEG bytes can.
      'frames': tfds.features.Sequence(text()),
      'audio': array(np.int16, None),
      'mel': array(np.float32, None, 80),
      'mel_context': np.int32,
      'num_frames': np.int32,
      'fps': np.float32,
      'clip_id': text(),
      'speaker': text(),
      'start_frame': np.int32,
      'box': array(np.float32, None, 3),
      'face_crop': text(),
      'sync_offset': np.float32,
      'sync_confidence': np.float32,
      'licence': text(),
    }
  )


def read(found: Mapping[str, Any]) -> dict[str, Any]:
  """The values of a `records.Chunk` from what `tf_example.read` found.

  Raises:
    LookupError, ValueError: a field is missing or is something else.
  """
  return {name: reader(found[name]) for name, reader in _READERS.items()}


def _first(value):
  return value[0]


def _text(value) -> str:
  return value[0].decode()


def _array(dtype, *shape):
  # Sliced out, not viewed in place, where it would not be aligned in memory.
  return lambda value: np.frombuffer(value[0], dtype).reshape(shape)


_READERS = {
  'frames': lambda value: value,
  'audio': _array(np.int16, -1),
  'mel': _array(np.float32, -1, 80),
  'mel_context': _first,
  'num_frames': _first,
  'fps': _first,
  'clip_id': _text,
  'speaker': _text,
  'start_frame': _first,
  'box': _array(np.float32, -1, 3),
  'face_crop': _text,
  'sync_offset': _first,
  'sync_confidence': _first,
  'licence': _text,
}
