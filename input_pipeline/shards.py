"""A prepared data set on disk: shards of records that TFDS reads too.

<dir>/<name>-train.tfrecord-00000-of-00003   and its .index
<dir>/dataset_info.json, features.json       for tfds.builder_from_directory
<dir>/metadata.json                          crop, size, detector, licence...
"""

import dataclasses
import os
import pathlib
from collections.abc import Iterable, Sequence

from input_pipeline import fields, records, tfrecord

SHARD_BYTES = 100_000_000

_SHARDS = '*.tfrecord-[0-9]*-of-[0-9]*[0-9]'  # not their indices


class ShardWriter:
  """Writes the records of one split into shards of about 100 MB.

  A context manager. The number of shards is part of their names and known only
  at the end, so they are renamed then; after an exception they are not.
  """

  def __init__(
    self,
    directory: str | os.PathLike,
    name: str,
    split: str,
    *,
    shard_bytes: int = SHARD_BYTES,
  ):
    self.directory = pathlib.Path(directory)
    self.name, self.split = name, split
    self.shard_bytes = shard_bytes
    self.num_bytes = 0
    self.shard_lengths = []
    self._writer = None

  def write(self, chunk: records.Chunk):
    self.write_encoded(records.encode(chunk))

  def write_encoded(self, data: bytes):
    """Writes what `records.encode` returned."""
    if self._writer and self._writer.num_bytes + len(data) > self.shard_bytes:
      self._close_shard()
    if not self._writer:
      self._writer = tfrecord.TFRecordWriter(
        self._unfinished(len(self.shard_lengths))
      )
    self._writer.write(data)

  def __enter__(self):
    return self

  def __exit__(self, kind, *exception):
    self._close_shard()
    if kind is None:
      for i in range(len(self.shard_lengths)):
        total = len(self.shard_lengths)
        new = self.directory / file_name(self.name, self.split, i, total)
        tfrecord.rename(self._unfinished(i), new)

  def _close_shard(self):
    if self._writer is not None:  # a writer without records is false
      self._writer.close()
      self.shard_lengths.append(len(self._writer))
      self.num_bytes += self._writer.num_bytes
      self._writer = None

  def _unfinished(self, shard: int) -> pathlib.Path:
    return self.directory / (
      f'{self.name}-{self.split}.tfrecord-{shard:05d}-unfinished'
    )


@dataclasses.dataclass(frozen=True)
class Written:
  """What was written of a split, as a closed `ShardWriter` tells it."""

  split: str
  shard_lengths: Sequence[int]
  num_bytes: int

  def file_names(self, name: str) -> list[str]:
    """Of the shards of a data set of that name."""
    total = len(self.shard_lengths)
    return [file_name(name, self.split, k, total) for k in range(total)]


def divide(
  split: str, sizes: Iterable[int], *, shard_bytes: int = SHARD_BYTES
) -> Written:
  """What `ShardWriter` makes of records of these sizes (bytes)."""
  lengths, total, filled = [], 0, 0
  for size in sizes:
    if not lengths or filled + size > shard_bytes:
      lengths.append(0)
      filled = 0
    lengths[-1] += 1
    filled += size + tfrecord.FRAME_BYTES
    total += size + tfrecord.FRAME_BYTES
  return Written(split, lengths, total)


def file_name(name: str, split: str, shard: int, total: int) -> str:
  """Of one of `total` shards."""
  return f'{name}-{split}.tfrecord-{shard:05d}-of-{total:05d}'


def write_metadata(
  directory: str | os.PathLike,
  writers: Sequence[ShardWriter | Written],
  *,
  description: str,
  metadata: dict,
):
  """Writes dataset_info.json, features.json and metadata.json.

  Args:
    directory: where the shards are.
    writers: the closed writer of every split; empty splits are left out.
    description: what the data is, in words.
    metadata: settings the records were made with, JSON values.
  """
  import tensorflow_datasets as tfds

  tfds.folder_dataset.write_metadata(
    data_dir=os.fspath(directory),
    features=fields.features(),
    split_infos=[
      tfds.core.SplitInfo(
        name=writer.split,
        shard_lengths=writer.shard_lengths,
        num_bytes=writer.num_bytes,
      )
      for writer in writers
      if writer.shard_lengths
    ],
    description=description,
    metadata=tfds.core.MetadataDict(metadata),
    check_data=False,  # It imports TensorFlow.
  )


def split_names(directory: str | os.PathLike) -> dict[str, str]:
  """The splits of a data set, and the name each one's shards begin with."""
  heads = {
    path.name.split('.tfrecord-')[0]
    for path in pathlib.Path(directory).glob(_SHARDS)
  }
  parts = (head.rpartition('-') for head in sorted(heads))
  return {split: name for name, _, split in parts}


def load_split(
  directory: str | os.PathLike, split: str, *, check: bool = False
) -> tfrecord.TFRecordSource:
  """The records of one split, by random access.

  Raises:
    FileNotFoundError: no such data set or split, or shards are missing.
  """
  directory = pathlib.Path(directory)
  shards = sorted(directory.glob(_SHARDS))
  chosen = [p for p in shards if f'-{split}.tfrecord-' in p.name]
  if not chosen:
    raise FileNotFoundError(
      f'{directory} holds no split {split!r}; it has: '
      f'{", ".join(split_names(directory)) or "no shards at all"}. '
      'Make it with `python -m tools.prepare` (which keeps a speaker in one '
      'split: one speaker alone gives one split).'
    )
  announced = int(chosen[0].name.rpartition('-')[2])
  if len(chosen) != announced:
    raise FileNotFoundError(
      f'{directory} has {len(chosen)} of {announced} shards of {split!r}. '
      'Copy the missing ones.'
    )
  return tfrecord.TFRecordSource(chosen, check=check)
