"""Reads a serialized tf.train.Example, and only as much of it as is asked for.

Protobuf's own parser copies every value. A record holds 75 pictures, of which
a training example needs ten; this reader only walks over the lengths.

Source: protobuf.dev/programming-guides/encoding and the messages of
tensorflow/core/example/feature.proto, where all field numbers are below 16, so
a tag is one byte: field number * 8 + wire type.
"""

import struct
from collections.abc import Iterator, Sequence

# Wire types.
_VARINT, _BYTES, _FIXED32 = 0, 2, 5
# The oneof of a Feature.
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3


class BytesList(Sequence):
  """The values of one feature; each is copied out when it is asked for."""

  def __init__(self, data: bytes, spans: list[tuple[int, int]]):
    self._data, self._spans = data, spans

  def __len__(self) -> int:
    return len(self._spans)

  def __getitem__(self, k):
    if isinstance(k, slice):
      return [self._data[low:high] for low, high in self._spans[k]]
    low, high = self._spans[k]
    return self._data[low:high]

  def __eq__(self, other) -> bool:
    return list(self) == list(other)

  def __reduce__(self):
    # As a list: a pickle of a few values must not carry the whole record.
    return list, (list(self),)


def read(data: bytes) -> dict[str, BytesList | list]:
  """The features of an example by name.

  Args:
    data: a serialized tf.train.Example.

  Returns:
    Bytes as `BytesList`, numbers as lists of int or float. A feature without
    any value is an empty list.

  Raises:
    ValueError: these bytes are no tf.train.Example.
  """
  try:
    found = {}
    for field, low, high in _messages(data, 0, len(data)):
      if field == 1:  # Example.features
        for _, start, end in _messages(data, low, high):
          name, value = _entry(data, start, end)
          found[name] = value
    return found
  except (IndexError, UnicodeDecodeError, struct.error) as error:
    raise ValueError('These bytes are not a tf.train.Example.') from error


def find_text(data: bytes, name: str) -> str | None:
  """The text of a feature, of an example that may be damaged; None: not found.

  What comes before the damage is read as it stands there.
  """
  try:
    for _, low, high in _messages(data, 0, len(data)):
      for _, start, end in _messages(data, low, high):
        found, value = _entry(data, start, end)
        if found == name:
          return value[0].decode()
  except Exception:
    pass  # Of bytes that mean nothing anything may go wrong.
  return None


def _entry(data: bytes, at: int, end: int) -> tuple[str, BytesList | list]:
  """One entry of Features.feature: a name and a Feature."""
  name, value = '', []
  for field, low, high in _messages(data, at, end):
    if field == 1:
      name = data[low:high].decode()
    elif field == 2:
      for kind, start, stop in _messages(data, low, high):
        value = _READERS[kind](data, start, stop)
  return name, value


def _bytes_list(data: bytes, at: int, end: int) -> BytesList:
  # `_messages` and `_varint` written out: this loop runs 75 times a record.
  spans = []
  while at < end:
    if data[at] != 8 + _BYTES:
      raise IndexError
    size = data[at + 1]
    at += 2
    if size >= 128 and data[at] < 128:
      size += (data[at] << 7) - 128
      at += 1
    elif size >= 128:
      size, at = _varint(data, at - 1)
    spans.append((at, at + size))
    at += size
  _check(at == end)
  return BytesList(data, spans)


def _floats(data: bytes, at: int, end: int) -> list[float]:
  values = []
  while at < end:
    tag, at = data[at], at + 1
    size = 4
    if tag & 7 == _BYTES:  # packed
      size, at = _varint(data, at)
    elif tag & 7 != _FIXED32:
      raise IndexError
    values.extend(struct.unpack_from(f'<{size // 4}f', data, at))
    at += size
  _check(at == end)
  return values


def _int64s(data: bytes, at: int, end: int) -> list[int]:
  values = []
  while at < end:
    tag, at = data[at], at + 1
    stop = at + 1
    if tag & 7 == _BYTES:  # packed
      size, at = _varint(data, at)
      stop = at + size
    elif tag & 7 != _VARINT:
      raise IndexError
    while at < stop:
      value, at = _varint(data, at)
      # Two's complement in 64 bits.
      values.append(value - (1 << 64) if value >> 63 else value)
  _check(at == end)
  return values


_READERS = {
  _BYTES_LIST: _bytes_list,
  _FLOAT_LIST: _floats,
  _INT64_LIST: _int64s,
}


def _messages(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
  """(field number, start, end) of every length-delimited field."""
  while at < end:
    tag, size = data[at], data[at + 1]
    _check(tag & 7 == _BYTES and tag < 128)
    at += 2
    if size >= 128:
      size, at = _varint(data, at - 1)
    yield tag >> 3, at, at + size
    at += size
  _check(at == end)


def _varint(data: bytes, at: int) -> tuple[int, int]:
  """An integer of 7 bits per byte, lowest first, and where it ends."""
  value = shift = 0
  while True:
    byte = data[at]
    value |= (byte & 127) << shift
    at += 1
    if byte < 128:
      return value, at
    shift += 7


def _check(good: bool):
  if not good:
    raise IndexError
