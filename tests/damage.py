"""Data sets damaged on purpose, each record by its place in its shard."""

import pathlib

import numpy as np

from input_pipeline import records, shards, tfrecord, tfrecord_index


def write(folder: pathlib.Path, chunks, split='train') -> pathlib.Path:
  """One shard of these chunks; its path."""
  with shards.ShardWriter(folder, 'damaged', split) as writer:
    for chunk in chunks:
      writer.write_encoded(
        chunk if isinstance(chunk, bytes) else records.encode(chunk)
      )
  return folder / shards.file_name('damaged', split, 0, 1)


def flip(shard: pathlib.Path, record: int, *, at: float = 0.5) -> int:
  """Changes a byte of a record, at this share of it; where the record is."""
  offset, length = np.load(tfrecord_index.index_path(shard))[record].tolist()
  content = bytearray(shard.read_bytes())
  content[offset + int(at * length)] ^= 1
  shard.write_bytes(content)
  return offset


def cut(shard: pathlib.Path, record: int, *, more: int = 0) -> None:
  """Ends the shard before a record, or so many bytes later."""
  index = np.load(tfrecord_index.index_path(shard))
  start = int(index[record][0]) - tfrecord_index.HEADER.size
  shard.write_bytes(shard.read_bytes()[: start + more])


def source(folder: pathlib.Path, split='train') -> tfrecord.TFRecordSource:
  return shards.load_split(folder, split, check=True)
