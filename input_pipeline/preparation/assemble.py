"""Chosen candidates to shards, manifest and metadata."""

import dataclasses
import math
import os
import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tqdm

from input_pipeline import alignment, chunks, manifest, records, shards, splits
from input_pipeline.preparation import candidates

NAME = 'talking_faces'  # of the data set and its shards, for TFDS


def assign_splits(rows: Sequence[dict], fraction: float) -> None:
  """Sets the split of every kept row, see `splits.assign`.

  Only speakers of whom something is left count, or a split may stay empty.
  """
  kept = [row for row in rows if row['kept']]
  chosen = splits.assign(
    [row['speaker'] for row in kept],
    [row.get('given_split', '') for row in kept],
    fraction,
  )
  for row in rows:
    row['split'] = ''
  for row, split in zip(kept, chosen, strict=True):
    row['split'] = split


def finish(
  row: dict, store: candidates.Store, *, clip_id: str
) -> Iterator[records.Chunk]:
  """The chunks of a kept row as they are trained on; counts them in the row.

  Args:
    row: kept; its sound is moved by `row['moved']` frames.
    store: where its candidates are.
    clip_id: name of the clip in the data set.
  """
  row['chunks'], row['seconds'] = 0, 0.0
  sound = store.sound()
  if row['moved']:
    sound = chunks.moved(sound, row['moved'])
  kept = [piece for piece in row['pieces'] if 'dropped' not in piece]
  for piece in kept:
    [chunk] = store.chunks([piece['record']])
    if row['moved']:
      chunk = chunks.with_sound(chunk, sound, first=max(0, row['moved']))
    row['chunks'] += 1
    row['seconds'] += chunk.num_frames / alignment.FPS
    yield dataclasses.replace(
      chunk,
      clip_id=clip_id,
      speaker=row['speaker'],
      licence=row['licence'],
      sync_offset=row.get('offset', math.nan) - row['moved'],
      sync_confidence=row.get('confidence', math.nan),
    )
  row['seconds'] = round(row['seconds'], 2)


def clip_ids(rows: Sequence[dict]) -> dict[int, str]:
  """Of every kept row (by index): its path, and #track where one has more."""
  kept = {k: row for k, row in enumerate(rows) if row['kept']}
  tracks: dict[str, int] = {}
  for row in kept.values():
    tracks[row['path']] = tracks.get(row['path'], 0) + 1
  return {
    k: row['path']
    if tracks[row['path']] == 1
    else f'{row["path"]}#{row["track"]}'
    for k, row in kept.items()
  }


def picture(row: dict, store: candidates.Store) -> np.ndarray | None:
  """A face of a row's track, [h, w, 3] uint8 RGB; None if none is stored."""
  if not row['pieces']:
    return None
  piece = row['pieces'][len(row['pieces']) // 2]
  [chunk] = store.chunks([piece['record']])
  return records.decode_frame(chunk.frames[chunk.num_frames // 2])


def write(
  directory: pathlib.Path,
  rows: Sequence[dict],
  stores: Mapping[str, candidates.Store],
  metadata: Mapping,
) -> None:
  """Writes shards, manifest.jsonl and metadata, in the order of the rows.

  Args:
    directory: to make; what is there is removed.
    rows: of the manifest, decided; counts are filled in.
    stores: the candidates by name.
    metadata: what the records were made with; JSON values.
  """
  shutil.rmtree(directory, ignore_errors=True)
  directory.mkdir(parents=True)
  names, writers = clip_ids(rows), []
  with tqdm.tqdm(total=len(names), desc='shards', unit='track') as bar:
    for split in sorted({rows[k]['split'] for k in names}):
      with shards.ShardWriter(directory, NAME, split) as writer:
        for k, clip_id in names.items():
          row = rows[k]
          if row['split'] != split:
            continue
          for chunk in finish(row, stores[row['store']], clip_id=clip_id):
            writer.write(chunk)
          bar.update()
      writers.append(writer)
  write_about(directory, rows, writers, metadata)


def write_about(
  directory: pathlib.Path,
  rows: Sequence[dict],
  writers: Sequence[shards.ShardWriter | shards.Written],
  metadata: Mapping,
) -> None:
  """Writes what is beside the shards; only the manifest if there are none."""
  manifest.write(directory, list(rows))
  writers = [writer for writer in writers if writer.shard_lengths]
  if writers:
    shards.write_metadata(
      directory,
      writers,
      description='Face tracks of talking people with their sound.',
      metadata=dict(metadata),
    )


def replace(new: pathlib.Path, output: pathlib.Path) -> None:
  """Puts a finished folder where another may be; see `recover`."""
  if output.exists():
    os.replace(output, _replaced(output))
  os.replace(new, output)
  recover(output)


def recover(output: pathlib.Path) -> None:
  """Removes what `replace` replaced; puts it back if nothing is there yet.

  So a run that was killed in between loses nothing.
  """
  old = _replaced(output)
  if not output.exists():
    if old.exists():
      os.replace(old, output)
  elif old.is_symlink():
    old.unlink()
  elif old.exists():
    shutil.rmtree(old)


def _replaced(output: pathlib.Path) -> pathlib.Path:
  return output.with_name(f'{output.name}.replaced')
