"""Tables and files from the numbers of clips."""

import csv
import io
import json

import numpy as np
import pytest

from lipsync_jax.evaluation import (
  items,
  pairs,
  protocol,
  strips,
  summary,
  tables,
)

PROTOCOL = protocol.Protocol(
  'p', '', (pairs.Pair('a', 'a'), pairs.Pair('b', 'a'), pairs.Pair('a', 'b'))
)
IDENTITY = {
  'systems': {'one': 'f1', 'two': 'f2'},
  'files': {'a': 'da', 'b': 'db'},
  'judges': {},
}


@pytest.fixture
def todo():
  return items.items(PROTOCOL, IDENTITY['systems'])


def fill(folder, todo, numbers):
  """Writes what `numbers(item)` gives for every item."""
  for item in (item for group in todo.values() for item in group):
    found = numbers(item)
    if found is not None:
      path = items.result(folder, item)
      path.parent.mkdir(parents=True, exist_ok=True)
      key = items.key(IDENTITY, item)
      path.write_text(json.dumps({'key': key} | found))


def test_every_pair_is_measured_in_every_row(todo):
  found = [item for group in todo.values() for item in group]
  assert len(found) == len(set(found)) == 2 + 2 * 2 + 3 * 3
  of_a = [(item.row, item.kind) for item in todo['a']]
  assert of_a == [
    ('ground truth', 'own'),
    ('one', 'silence'),
    ('two', 'silence'),
    ('unmodified', 'own'),
    ('one', 'own'),
    ('two', 'own'),
    ('unmodified', 'other'),
    ('one', 'other'),
    ('two', 'other'),
  ]
  names = [item.name for item in found]
  assert len(set(names)) == len(names)


def test_names_of_files_do_not_collide():
  alike = [
    ('other', 's/a.mp4', 'x.wav'),
    ('other', 's/a.mp4', 'x.mp4'),
    ('other', 'a/b_c', 'd'),
    ('other', 'a_b/c', 'd'),
    ('other', 'a/b/c', 'd'),
    ('other', 'a/b/c+d', 'e'),
    ('other', 'a/b/c', 'd+e'),
    ('other', 'a', 'silence'),
    ('silence', 'a', 'a'),
  ]
  found = [
    items.Item('r', kind, pairs.Pair(*names)).name for kind, *names in alike
  ]
  assert len(set(found)) == len(alike)
  assert 'r/a_b_c+d' in found
  truths = {
    items.Item(items.GROUND_TRUTH, 'own', pairs.Pair(name, name)).name
    for name in ('a/b_c', 'a_b/c', 'a/b/c')
  }
  assert len(truths) == 3


def test_what_a_number_depends_on_changes_its_key(todo):
  item = todo['a'][4]
  key = items.key(IDENTITY, item)
  assert item.row == 'one'
  for change in (
    {'systems': {'one': 'other', 'two': 'f2'}},
    {'files': {'a': 'other', 'b': 'db'}},
    {'judges': {'expert': 'e'}},
  ):
    assert items.key(IDENTITY | change, item) != key
  # What it does not depend on does not.
  other = {'systems': {'one': 'f1', 'two': 'other'}, 'files': IDENTITY['files']}
  assert items.key(IDENTITY | other, item) == key


def test_means_errors_and_histograms(todo, tmp_path):
  def numbers(item):
    if item.row == 'two' and item.kind == 'other':
      return {'error': 'no face'} if item.pair.video == 'a' else {'offset': 2.0}
    if item.row == 'one' and item.kind == 'other':
      return {
        'offset': float(item.pair.video == 'a'),
        'confidence': 0.2 if item.pair.video == 'a' else 0.4,
        'leakage': None,
      }
    if item.row == items.UNMODIFIED:
      return {'offset': 0.0, 'leakage': 1.0, 'leakage_of_truth': 0.3}
    if item.row == items.GROUND_TRUTH:
      return {'offset': 0.0}
    return None

  fill(tmp_path, todo, numbers)
  clips = summary.collect(tmp_path, IDENTITY, todo)
  found = summary.tables(clips, tmp_path)
  rows = {(row['row'], row['kind']): row for row in found}
  one = rows['one', 'other']
  assert one['means'] == pytest.approx({'confidence': 0.3, 'offset': 0.5})
  # Two values 0.2 apart: deviation 0.1414, over the root of two.
  assert one['errors']['confidence'] == pytest.approx(0.1)
  assert one['offsets'] == {'0': 1, '1': 1}
  assert (one['clips'], one['failed']) == (2, 0)
  two = rows['two', 'other']
  assert (two['clips'], two['failed'], two['offsets']) == (1, 1, {'2': 1})
  truth = rows[items.GROUND_TRUTH, 'other']
  assert truth['means']['leakage'] == pytest.approx(0.3)
  assert 'leakage' not in rows[items.GROUND_TRUTH, 'own']['means']
  assert ('one', 'own') not in rows  # not measured yet


def test_fid_is_between_a_row_and_the_sources(todo, tmp_path, rng):
  def numbers(item):
    if item.kind == 'silence' or item.row == 'two':
      return {'offset': 0.0}  # the features there are of an earlier run
    if item == failed:
      return {'error': 'no face'}
    return {'offset': 0.0, 'fid_frames': 40.0}

  failed = next(i for i in todo['a'] if (i.row, i.kind) == ('one', 'own'))
  fill(tmp_path, todo, numbers)
  for item in (item for group in todo.values() for item in group):
    path = items.features(tmp_path, item)
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(len(item.pair.video)).normal(size=(40, 3))
    values[: len(values) // 2] += item.pair.video == 'b'
    np.save(path, values + 2.0 * (item.row == 'one'))
  clips = summary.collect(tmp_path, IDENTITY, todo)
  rows = {
    (row['row'], row['kind']): row['means']
    for row in summary.tables(clips, tmp_path)
  }
  assert rows[items.UNMODIFIED, 'other']['fid'] == pytest.approx(0, abs=1e-9)
  # The same shape, moved by 2 in each of three dimensions.
  assert rows['one', 'other']['fid'] == pytest.approx(12)
  assert 'fid' not in rows['two', 'other'] and 'fid' not in rows['one', 'own']
  assert 'fid' not in rows[items.GROUND_TRUTH, 'own']


def test_numbers_of_another_protocol_are_not_taken(todo, tmp_path):
  fill(tmp_path, todo, lambda item: {'offset': 0.0})
  assert summary.collect(tmp_path, IDENTITY | {'version': '2'}, todo) == []


def test_csv_has_a_cell_for_every_number():
  clips = [
    {'row': 'a', 'kind': 'own', 'video': 'v', 'audio': 'v', 'offset': 1.0},
    {
      'row': 'b',
      'kind': 'own',
      'video': 'v',
      'audio': 'v',
      'error': 'no, face',
    },
  ]
  [first, second] = csv.DictReader(io.StringIO(tables.clips_csv(clips)))
  assert first['offset'] == '1.0' and first['error'] == ''
  assert second['offset'] == '' and second['error'] == 'no, face'


def test_the_worst_clips_are_the_worst():
  clips = [
    {'row': 'a', 'kind': 'other', 'video': f'{k}', 'confidence': k / 10}
    | {'leakage': k / 10}
    for k in range(6)
  ]
  found = {'rows': [{'row': 'a', 'kind': 'other'}], 'clips': clips}
  low, leaky = strips.worst(found)
  assert [clip['video'] for clip in low.clips] == ['0', '1', '2']
  assert [clip['video'] for clip in leaky.clips] == ['5', '4', '3']
  assert 'least sync confidence' in low.title
