"""What is written of an item, and of processes that die."""

import dataclasses
import math
import os
import types

import pytest

from lipsync_jax.evaluation import (
  engine,
  items,
  pairs,
  parallel,
  protocol,
  results,
  tables,
  work,
)
from lipsync_jax.evaluation import judges as judges_lib

PAIR = pairs.Pair('a', 'a')
IDENTITY = {'systems': {}, 'files': {'a': 'da', 'b': 'db'}}


def make_bench(folder):
  return work.Bench(
    protocol=protocol.Protocol('p', '', (PAIR,)),
    root=folder,
    folder=folder,
    generators={},
    judges=judges_lib.Judges(),
    detector=None,
    identity=IDENTITY,
  )


def test_what_is_no_number_is_written_as_none(tmp_path, monkeypatch):
  numbers = {'offset': 1.0, 'sharpness': math.nan, 'psnr': math.inf}
  monkeypatch.setattr(work, '_look', lambda bench, name: name)
  monkeypatch.setattr(work, '_measure', lambda *_: numbers)
  item = items.Item(items.UNMODIFIED, 'own', PAIR)
  assert list(work.run(make_bench(tmp_path), 'a', [item])) == [item]
  found = items.known(tmp_path, IDENTITY, item)
  assert found['offset'] == 1
  assert found['sharpness'] is found['psnr'] is None
  assert 'NaN' not in items.result(tmp_path, item).read_text()


def die(order, name, todo):
  os._exit(1)


def test_a_process_that_dies_is_an_error_of_one_line(tmp_path, monkeypatch):
  monkeypatch.setattr(parallel, '_work', die)
  todo = {
    name: [items.Item(items.UNMODIFIED, 'own', pairs.Pair(name, name))]
    for name in 'ab'
  }
  options = engine.Options(
    make_bench(tmp_path).protocol, tmp_path, tmp_path, {}, None
  )
  with pytest.raises(OSError, match='fewer --workers'):
    list(parallel.run(options, make_bench(tmp_path), todo, workers=2))


@pytest.mark.parametrize('name', ['yunet', 's3fd'])
def test_a_detector_is_named_by_its_weights(tmp_path, name):
  detector = types.SimpleNamespace(name=name)
  if name == 's3fd':
    detector.fingerprint = 's3fd 1234'
  bench = dataclasses.replace(make_bench(tmp_path), detector=detector)
  found = engine.identify(bench, {})
  assert found['detector'] == getattr(detector, 'fingerprint', name)


def test_clips_without_lse_are_counted():
  found = {
    'identity': {'version': '1', 'face_crop': 'c', 'detector': 'd'},
    'protocol': {
      'name': 'p',
      'fingerprint': 'f',
      'pairs': [],
      'measure': {'size': 64},
      'generate': {'crf': 16, 'fit': 'cut'},
    },
    'systems': {},
    'judges': {},
    'clips': [{'lse_error': 'too short'}, {'distance': 7.0}],
  }
  assert '1 clips have no SyncNet distance' in results.notes(found)[-1]


def test_a_bar_in_a_name_is_no_column():
  row = {'row': 'a|b', 'kind': 'own', 'clips': 1, 'failed': 0, 'means': {}}
  found = {'protocol': {'name': 'p', 'about': ''}, 'rows': [row]}
  assert r'| a\|b | 1 |' in tables.markdown(found, [])
