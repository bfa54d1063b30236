"""Apache Beam makes the data set that one machine makes."""

import importlib.util
import pathlib
import re

import footage
import pytest

from input_pipeline import manifest, records, shards
from input_pipeline.preparation import (
  beam_settings,
  prepare,
  scoring,
  selection,
  sources,
)
from tools import prepare_beam as command

needs_beam = pytest.mark.skipif(
  importlib.util.find_spec('apache_beam') is None,
  reason='apache-beam is not installed (the beam extra)',
)
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)
THRESHOLDS = selection.Thresholds(min_seconds=0.6)


def files(folder: pathlib.Path, *patterns: str) -> dict[str, bytes]:
  found = [path for pattern in patterns for path in folder.glob(pattern)]
  # On many machines nobody measures what chance would.
  chance = re.compile(rb'"chance": (null|{[^}]*})')
  return {path.name: chance.sub(b'', path.read_bytes()) for path in found}


def without_store(rows: list[dict]) -> list[dict]:
  return [{k: v for k, v in row.items() if k != 'store'} for row in rows]


def run(found, output, *words, overwrite=False, **settings):
  from input_pipeline.preparation import beam_run

  settings = {'options': footage.OPTIONS, 'thresholds': THRESHOLDS} | settings
  return beam_run.run(
    found,
    str(output),
    beam_settings.Settings(**settings),
    options=beam_run.read_options(words),
    overwrite=overwrite,
  )


class Expert:
  """Hears every sound two frames early."""

  fingerprint = 'two'
  about = {'run': 'runs/two', 'step': 2, 'objective': 'none'}

  def __call__(self, track):
    track = list(track)
    return scoring.Sync(offset=2, confidence=0.5, pieces=[0.25] * len(track))


@needs_beam
def test_files_and_rows_are_those_of_one_machine(
  footage_folder, tmp_path, capsys
):
  here, there = tmp_path / 'here', tmp_path / 'there'
  found = sources.find(footage_folder, licence='CC0')
  rows = prepare.prepare(
    found, here, options=footage.OPTIONS, thresholds=THRESHOLDS, workers=1
  )
  words = [
    f'--videos={footage_folder}',
    f'--output={there}',
    '--licence=CC0',
    '--detector=cascade',
    '--config.decoding.size=64',
    '--config.select.min_seconds=0.6',
    '--runner=DirectRunner',
  ]
  assert command.main(words) == 0
  patterns = ('*.tfrecord-*', '*info.json', 'features.json', 'metadata.json')
  same = files(here, *patterns)
  assert len(same) == 7 and files(there, *patterns) == same
  assert manifest.read(there) == without_store(rows)
  assert 'bad/no_face.mp4' in (there / 'report.html').read_text()
  assert '2 of 3 candidates kept, of 11 videos' in capsys.readouterr().out
  # Not replaced unasked, and nothing is left beside it.
  assert command.main(words) == 2
  assert 'or replace it with --overwrite' in capsys.readouterr().err
  assert not (tmp_path / 'there.partial').exists()


@needs_beam
def test_sound_is_moved_as_on_one_machine(footage_folder, tmp_path):
  found = sources.find(footage_folder / 'anna', split='test')
  thresholds = selection.Thresholds(min_seconds=0.6, min_confidence=0.1)
  rows = prepare.prepare(
    found,
    tmp_path / 'here',
    options=footage.OPTIONS,
    thresholds=thresholds,
    scorer=Expert(),
    workers=1,
  )
  assert rows[0]['moved'] == 2
  again = run(
    found,
    tmp_path / 'there',
    thresholds=thresholds,
    load_scorer=Expert,
    expert=Expert.about,
  )
  assert again == without_store(rows)
  patterns = ('*.tfrecord-*', 'metadata.json')
  assert files(tmp_path / 'there', *patterns) == files(
    tmp_path / 'here', *patterns
  )


@needs_beam
def test_several_processes_and_shards(footage_folder, tmp_path):
  # Half a minute: each process starts Beam and one that decodes.
  found = sources.find(footage_folder, split='train')
  rows = run(
    found,
    tmp_path / 'data',
    '--direct_running_mode=multi_processing',
    '--direct_num_workers=2',
    shard_bytes=1,
  )
  source = shards.load_split(tmp_path / 'data', 'train', check=True)
  assert len(source.paths) == 2
  assert [records.parse(data).speaker for data in source] == ['anna', 'ben']
  assert len(rows) == 11 and {row['split'] for row in rows} == {'', 'train'}


@pytest.fixture
def shelf(tmp_path):
  """A folder that Beam knows as shelf://data only, as it knows gs://."""
  from apache_beam.io import localfilesystem

  folder = tmp_path / 'shelf'
  folder.mkdir()

  def place(path):
    if path.startswith(str(folder)):
      return path  # It calls itself.
    assert path.startswith('shelf://data/')
    return str(folder / path.removeprefix('shelf://data/'))

  class Shelf(localfilesystem.LocalFileSystem):
    @classmethod
    def scheme(cls):
      return 'shelf'

    def join(self, basepath, *paths):
      return '/'.join((basepath.rstrip('/'), *paths))

    def match(self, patterns, limits=None):
      found = super().match([place(path) for path in patterns], limits)
      for about in found[0].metadata_list:
        about.path = f'shelf://data/{pathlib.Path(about.path).name}'
      return found

    def create(self, path, *args, **more):
      return super().create(place(path), *args, **more)

    def open(self, path, *args, **more):
      return super().open(place(path), *args, **more)

    def exists(self, path):
      return super().exists(place(path))

    def delete(self, paths):
      for path in paths:
        pathlib.Path(place(path)).unlink()

  yield folder
  # Beam finds file systems among the classes that exist.
  Shelf.scheme = classmethod(lambda cls: 'no longer')


@needs_beam
def test_an_output_that_is_no_local_folder(footage_folder, tmp_path, shelf):
  (tmp_path / 'in').mkdir()
  text = tmp_path / 'in' / 'text.mp4'
  text.write_text('This is not a video.')
  (shelf / 'thesis.txt').write_text('precious')
  bad, good = sources.find(text.parent), sources.find(footage_folder / 'anna')
  with pytest.raises(FileExistsError, match='not made by this tool'):
    run(good, 'shelf://data', overwrite=True)
  (shelf / 'thesis.txt').unlink()
  [row] = run(good, 'shelf://data')
  assert row['kept'] and len(shards.load_split(shelf, 'train')) == 1
  with pytest.raises(FileExistsError, match='--overwrite'):
    run(bad, 'shelf://data')
  [row] = run(bad, 'shelf://data', overwrite=True)
  assert row['stage'] == 'read'
  assert sorted(files(shelf, '*')) == ['manifest.jsonl', 'report.html']
