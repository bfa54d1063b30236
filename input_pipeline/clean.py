"""A prepared data set without what an expert finds out of sync.

The second of two passes (Chung & Zisserman, 2016): train an expert on the raw
data, drop what it finds out of sync or cannot place, train again. Records are
copied; no video is decoded again.
"""

import dataclasses
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tqdm

from input_pipeline import alignment, manifest, prepare, records, shards

# A serialized record -> offset in frames (> 0: sound early) and confidence.
Score = Callable[[bytes], tuple[float, float]]

SPLIT = 'train'


@dataclasses.dataclass(frozen=True)
class Thresholds:
  """What a record must have to stay.

  Attributes:
    min_confidence: of its offset, on the scale of the expert that measures.
    max_offset: frames, either way. 1 is what people who retrain Wav2Lip keep.
  """

  min_confidence: float
  max_offset: float = 1

  def reason(self, offset: float, confidence: float) -> str:
    """Why a record is dropped, in words; '' if it stays."""
    # Written so that nan is too low and too far.
    if not confidence >= self.min_confidence:
      return f'sync confidence below {self.min_confidence:g}'
    if not abs(offset) <= self.max_offset:
      plural = '' if self.max_offset == 1 else 's'
      return f'out of sync by more than {self.max_offset:g} frame{plural}'
    return ''


def measure(
  data: str | os.PathLike, score: Score, *, split: str = SPLIT
) -> list[tuple[float, float]]:
  """(offset, confidence) of every record of a split; nothing is written.

  Raises:
    FileNotFoundError: no such data set or split, or shards are missing.
    ValueError: a record is damaged.
  """
  source = shards.load_split(data, split, check=True)
  return [score(raw) for raw in _progress(source, split)]


def clean(
  data: str | os.PathLike,
  output: str | os.PathLike,
  score: Score,
  thresholds: Thresholds,
  *,
  about: Mapping[str, Any] | None = None,
  overwrite: bool = False,
) -> list[dict]:
  """Copies a data set with offsets filled in, without bad training records.

  Every record of every split gets `sync_offset` and `sync_confidence`. Only the
  split 'train' loses records: what networks are judged by stays as it is.

  Args:
    data: what `prepare.prepare` wrote.
    output: folder to make, beside which it is made, and renamed at the end.
    score: measures one record.
    thresholds: what a training record must have to stay.
    about: the expert, for metadata.json; JSON values.
    overwrite: replace an output that is there.

  Returns:
    The rows of the new manifest. A video's 'sync' lists its records' start,
    frames, offset, confidence and, if dropped, why; 'chunks' and 'seconds'
    count what is left, and one with nothing left is not 'kept'.

  Raises:
    FileNotFoundError: no such data set or split, or shards are missing.
    FileExistsError: the output is there, or is not ours to replace.
    ValueError: a record is damaged, or no training record would be left.
    OSError: a file cannot be written.
  """
  data, output = pathlib.Path(data), pathlib.Path(output)
  names = shards.split_names(data)
  # Before hours of work.
  sources = {s: shards.load_split(data, s, check=True) for s in (SPLIT, *names)}
  if output.resolve() == data.resolve():
    raise FileExistsError(f'{output} is what is to be cleaned: give another.')
  prepare.check_output(output, overwrite=overwrite)
  partial = output.with_name(f'{output.name}.cleaning')
  shutil.rmtree(partial, ignore_errors=True)
  partial.mkdir(parents=True)
  try:
    found, writers = {}, []
    for split, source in sorted(sources.items()):
      limits = thresholds if split == SPLIT else None
      with shards.ShardWriter(partial, names[split], split) as writer:
        _copy(_progress(source, split), writer, score, limits, found)
      if not writer.shard_lengths:
        raise ValueError(
          f'No record of {split!r} would be left: lower --min-confidence or '
          'raise --max-offset.'
        )
      writers.append(writer)
    rows = _rows(data, found)
    manifest.write(partial, rows)
    shards.write_metadata(
      partial,
      writers,
      description='Face tracks of talking people with their sound, cleaned.',
      metadata=_metadata(data, thresholds, about),
    )
    if output.exists():
      shutil.rmtree(output)
    os.replace(partial, output)
  except BaseException:
    shutil.rmtree(partial, ignore_errors=True)
    raise
  return rows


def _progress(source: Sequence[bytes], split: str) -> Iterator[bytes]:
  everything = (source[k] for k in range(len(source)))
  return tqdm.tqdm(everything, f'measure {split}', len(source), unit='record')


def _copy(
  source: Iterable[bytes],
  writer: shards.ShardWriter,
  score: Score,
  thresholds: Thresholds | None,
  found: dict[str, dict],
):
  """Writes the records that stay; puts a row for each clip into `found`."""
  for raw in source:
    offset, confidence = score(raw)
    chunk = dataclasses.replace(
      records.parse(raw), sync_offset=offset, sync_confidence=confidence
    )
    entry = {
      'start_frame': chunk.start_frame,
      'frames': chunk.num_frames,
      'offset': offset,
      'confidence': round(confidence, 4),
    }
    if thresholds and (reason := thresholds.reason(offset, confidence)):
      entry['dropped'] = reason
    else:
      writer.write(chunk)
    row = {
      'path': chunk.clip_id,
      'speaker': chunk.speaker,
      'split': writer.split,
      'licence': chunk.licence,
      'face_crop': chunk.face_crop,
      'sync': [],
    }
    found.setdefault(chunk.clip_id, row)['sync'].append(entry)


def _rows(data: pathlib.Path, found: dict[str, dict]) -> list[dict]:
  """The data set's manifest, with what was found; made up where it has none."""
  old = manifest.read(data) if (data / manifest.NAME).exists() else []
  rows = {row['path']: row for row in old}
  for row in old:
    row.pop('sync', None)  # of an earlier cleaning
  for path, new in found.items():
    left = [entry for entry in new['sync'] if 'dropped' not in entry]
    row = rows.setdefault(path, {})
    row |= new | {
      'kept': bool(left),
      'reason': '' if left else new['sync'][0]['dropped'],
      'chunks': len(left),
      'seconds': sum(entry['frames'] for entry in left) / alignment.FPS,
    }
  return list(rows.values())


def _metadata(
  data: pathlib.Path, thresholds: Thresholds, about: Mapping[str, Any] | None
) -> dict:
  path = data / 'metadata.json'
  metadata = json.loads(path.read_text()) if path.exists() else {}
  cleaned = dataclasses.asdict(thresholds) | {'expert': dict(about or {})}
  return metadata | {'cleaned': cleaned}
