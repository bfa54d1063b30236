"""What the workers of the pipeline do."""

import operator
import os
import pathlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
from apache_beam.utils import shared

from input_pipeline import records, shards, tfrecord, tfrecord_index
from input_pipeline.preparation import (
  assemble,
  beam_files,
  beam_settings,
  candidates,
  division,
  helper_process,
  parts,
  prepare_facts,
  scoring,
  selection,
  sources,
)
from input_pipeline.report import page


class _Models:
  """What the threads of a worker's process share."""

  def __init__(self, settings: beam_settings.Settings):
    self.detector = settings.load_detector and settings.load_detector()
    self.scorer = settings.load_scorer and settings.load_scorer()
    self.helper = helper_process.Helper()


class Prepare(beam.DoFn):
  """One video: its records, its rows, and what `division` must know of it."""

  def __init__(self, settings: beam_settings.Settings):
    self._settings = settings
    self._shared = shared.Shared()
    self._models = None

  def setup(self):
    self._models = self._shared.acquire(lambda: _Models(self._settings))

  def teardown(self):
    self._models = None

  def process(self, source: sources.Source):
    with tempfile.TemporaryDirectory() as name:
      job = parts.Job(
        source,
        self._settings.options,
        pathlib.Path(name),
        self._models.detector,
      )
      rows = _choose(job, self._models, self._settings)
      sizes = []
      for place, chunk in _finished(rows, job.store):
        data = records.encode(chunk)
        sizes.append((*place, len(data)))
        yield (source.clip_id, *place), (source.speaker, source.split), data
    for row in rows:
      del row['store']
    yield beam.pvalue.TaggedOutput('rows', (source.clip_id, rows))
    if any(row['kept'] for row in rows):
      found = division.Video(
        source.clip_id, source.speaker, source.split, sizes
      )
      yield beam.pvalue.TaggedOutput('videos', found)


def _choose(
  job: parts.Job, models: _Models, settings: beam_settings.Settings
) -> list[dict]:
  """The rows of a video, decided."""
  rows = prepare_facts.name_rows([job], [models.helper.run(job)])
  tracks = [row for row in rows if row['pieces']]
  if models.scorer and tracks:
    scoring.score_store(tracks, job.store, models.scorer)
  selection.select(rows, settings.thresholds)
  return rows


def _finished(
  rows: Sequence[dict], store: candidates.Store
) -> Iterator[tuple[tuple[int, int], records.Chunk]]:
  """The records of a video with their places: row, number in the track."""
  for k, clip_id in assemble.clip_ids(rows).items():
    chunks = assemble.finish(rows[k], store, clip_id=clip_id)
    for number, chunk in enumerate(chunks):
      yield (k, number), chunk


def place(record, divided: division.Division):
  key, who, data = record
  return divided.place(key, who), (key, data)


def write_shard(
  shard: tuple[tuple[str, int, int], Iterable[tuple[division.Key, bytes]]],
  folder: str,
) -> tuple[str, int, int]:
  """Writes a shard and its index; returns split, shard, number of records."""
  (split, k, total), found = shard
  with tempfile.TemporaryDirectory() as name:
    path = pathlib.Path(name, shards.file_name(assemble.NAME, split, k, total))
    with tfrecord.TFRecordWriter(path) as writer:
      for _, data in sorted(found, key=operator.itemgetter(0)):
        writer.write(data)
    beam_files.put(tfrecord_index.index_path(path), folder)
    beam_files.put(path, folder)
  return split, k, len(writer)


def finish(
  folder: str,
  settings: beam_settings.Settings,
  *,
  divided: division.Division,
  rows: Sequence[tuple[str, list[dict]]],
  written: Sequence[tuple[str, int, int]],
) -> None:
  """Writes what is beside the shards."""
  expected = [
    (about.split, k, length)
    for about in divided.written
    for k, length in enumerate(about.shard_lengths)
  ]
  if sorted(written) != expected:
    raise RuntimeError(f'Shards are missing: {written} of {expected}.')
  ordered = sorted(rows, key=operator.itemgetter(0))
  rows = [dict(row) for _, mine in ordered for row in mine]
  for row in rows:
    if row['kept']:
      who = row['speaker'], row.get('given_split', '')
      row['split'] = divided.splits[who]
  metadata = {
    **prepare_facts.of_decoding(settings.options),
    'expert': settings.expert and dict(settings.expert),
    'chance': None,
    **prepare_facts.of_selection(
      rows, settings.thresholds, settings.validation_fraction
    ),
  }
  with tempfile.TemporaryDirectory() as name:
    here = pathlib.Path(name)
    # TFDS looks at the names of the shards, which are elsewhere.
    stand_ins = [
      here / name
      for about in divided.written
      for name in about.file_names(assemble.NAME)
    ]
    for path in stand_ins:
      path.touch()
    assemble.write_about(here, rows, divided.written, metadata)
    for path in stand_ins:
      path.unlink()
    page.write(
      here,
      rows,
      about=prepare_facts.for_report(
        metadata, videos=os.path.basename(folder.rstrip('/')), seconds={}
      ),
      picture=lambda row: None,  # The faces are in many places.
    )
    beam_files.put_all(here, folder)
