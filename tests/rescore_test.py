"""Choosing again among the candidates: other thresholds, the same pictures."""

import os
import shutil

import pytest
import small_preparation

from input_pipeline import manifest
from input_pipeline.preparation import (
  assemble,
  candidates,
  prepare,
  scoring,
  selection,
)

pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)
SAME = selection.Thresholds(min_seconds=0.6)
STRICT = selection.Thresholds(min_seconds=0.6, min_face=9999)


class Expert:
  """Says of every track that its sound leads by two frames."""

  fingerprint = 'abc'
  about = {'run': 'r', 'step': 1, 'objective': 'o'}

  def __call__(self, track):
    track = list(track)
    return scoring.Sync(2, 0.5, [0.1] * len(track))


@pytest.fixture(scope='module')
def reference(tmp_path_factory):
  folder = tmp_path_factory.mktemp('data')
  videos = small_preparation.write_videos(folder / 'videos')
  assert small_preparation.run(videos, folder / 'data') == 0
  return folder / 'data'


@pytest.fixture
def output(reference, tmp_path):
  """A copy, to be changed; the videos are not at hand."""
  return small_preparation.copy(reference, tmp_path)


def kept(rows):
  return [row['path'] for row in rows if row['kept']]


def test_other_thresholds_choose_others_and_leave_the_candidates(
  output, reference
):
  everything = kept(manifest.read(output))
  assert everything == ['anna/0.mkv', 'ben/1.mkv']
  # Nothing is kept at first, and then all comes back.
  for thresholds, expected in ((STRICT, []), (STRICT, []), (SAME, everything)):
    rows = prepare.rescore(output, thresholds=thresholds)
    assert kept(rows) == expected and manifest.read(output) == rows
    assert bool(list(output.glob('*.tfrecord-*'))) == bool(expected)
    assert (output / 'report.html').exists()
  prepare.rescore(output, thresholds=SAME)
  small_preparation.check_same(output, reference)


def test_sync_can_be_measured_later(output, reference):
  before = small_preparation.contents(prepare.candidates_of(reference))
  rows = prepare.rescore(output, thresholds=SAME, scorer=Expert())
  assert [row['moved'] for row in rows if row['kept']] == [2, 2]
  shards = small_preparation.contents(output)
  folder = prepare.candidates_of(output)
  now = small_preparation.contents(folder)
  assert before.items() <= now.items()
  assert {name.partition('.')[2] for name in now.keys() - before.keys()} == {
    'abc.sync'
  }
  (folder / f'{rows[0]["store"]}.abc.sync.77').write_text('of a killed run')
  # The offsets stay, also without the expert.
  rows = prepare.rescore(output, thresholds=SAME)
  assert [row['moved'] for row in rows if row['kept']] == [2, 2]
  assert small_preparation.contents(output) == shards
  assert small_preparation.contents(folder) == now


def test_candidates_that_are_missing_are_said(output):
  before = small_preparation.contents(output)
  shutil.rmtree(prepare.candidates_of(output))
  with pytest.raises(FileNotFoundError, match='anna/0.mkv are not in .* Put'):
    prepare.rescore(output, thresholds=SAME)
  assert small_preparation.contents(output) == before


@pytest.mark.parametrize('done', [0, 1])
def test_a_run_that_dies_while_it_replaces_loses_nothing(
  output, reference, monkeypatch, done
):
  original, left = os.replace, [None] * done

  def replace(old, new):
    if assemble._replaced(output) in (old, new) or new == output:
      if not left:
        raise KeyboardInterrupt
      left.pop()
    original(old, new)

  with monkeypatch.context() as patch:
    patch.setattr(os, 'replace', replace)
    with pytest.raises(KeyboardInterrupt):
      prepare.rescore(output, thresholds=STRICT)
  assert output.exists() == (done == 0)
  prepare.rescore(output, thresholds=SAME)
  small_preparation.check_same(output, reference)


def test_a_link_to_a_data_set_can_be_replaced(output, tmp_path):
  output.rename(tmp_path / 'elsewhere')
  output.symlink_to('elsewhere')
  assert not kept(prepare.rescore(output, thresholds=STRICT))
  assert not output.is_symlink() and kept(manifest.read(tmp_path / 'elsewhere'))


@pytest.mark.parametrize('text', ['', '[{"kept"'])
def test_candidates_that_a_power_failure_emptied_are_made_again(tmp_path, text):
  store = candidates.Store(tmp_path, 'abc')
  assert store.rows() is None
  store.rows_path.write_text(text)
  assert store.rows() is None


def test_only_what_is_finished_and_asked_for_stays(tmp_path):
  stay = ['a.json', 'a.npy', 'a.tfrecord', 'a.tfrecord.index', 'a.0f1.sync']
  go = [
    'a.7',
    'a.7.index',
    'a.7.index.7',
    'a.json.7',
    'a.npy.7',
    'a.0f1.sync.7',
  ]
  for name in [*stay, *go, 'b.json', 'chance.0f1.json']:
    (tmp_path / name).touch()
  (tmp_path / 'folder').mkdir()
  candidates.tidy(tmp_path)
  everything = {*stay, 'b.json', 'chance.0f1.json', 'folder'}
  assert set(os.listdir(tmp_path)) == everything
  candidates.tidy(tmp_path, ['a'])
  assert set(os.listdir(tmp_path)) == {*stay, 'chance.0f1.json', 'folder'}


def test_two_preparations_do_not_work_in_one_folder(tmp_path):
  folder = tmp_path / 'data.candidates'
  with candidates.locked(folder):
    with pytest.raises(ValueError, match='Another tools.prepare is at work'):
      with candidates.locked(folder):
        pass
  with candidates.locked(folder):
    pass
