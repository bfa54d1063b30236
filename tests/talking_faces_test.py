"""TFDS reads what tools.prepare wrote, and builds the same with its command."""

import importlib.util
import shutil

import footage
import numpy as np
import pytest

from input_pipeline import records, shards
from input_pipeline.preparation import prepare, selection, sources

pytestmark = [
  pytest.mark.skipif(
    importlib.util.find_spec('tensorflow') is None,
    reason='TensorFlow is not installed (the tensorflow extra)',
  ),
  # TFDS 4.9.10 evaluates a protobuf attribute that protobuf >= 6.31 deprecates
  # even where it uses its replacement (core/dataset_info.py).
  pytest.mark.filterwarnings(r'ignore:label\(\) is deprecated'),
]
SELECT = {'min_seconds': 0.6}


@pytest.fixture(scope='module')
def prepared(footage_folder, tmp_path_factory):
  output = tmp_path_factory.mktemp('prepared') / 'talkers'
  prepare.prepare(
    sources.find(footage_folder, licence='CC0'),
    output,
    options=footage.OPTIONS,
    thresholds=selection.Thresholds(**SELECT),
    workers=1,
  )
  return output


def decoded(folder, split):
  return [records.decode(data) for data in shards.load_split(folder, split)]


def assert_same(found, expected):
  assert found.keys() == expected.keys()
  for name, value in expected.items():
    np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize('split', ['train', 'validation'])
def test_tensorflow_reads_the_shards(prepared, split):
  import tensorflow_datasets as tfds

  data = tfds.builder_from_directory(prepared).as_dataset(split=split)
  [found], [expected] = list(data.as_numpy_iterator()), decoded(prepared, split)
  found['frames'] = records.decode_frames(list(found['frames']))
  for name in ('clip_id', 'speaker', 'face_crop', 'licence'):
    found[name] = found[name].decode()
  assert_same(found, expected)


def build(videos, data_dir, **more):
  import tensorflow_datasets as tfds

  from input_pipeline import talking_faces

  config = talking_faces.TalkingFacesConfig(
    name='small',
    decoding={'size': 64, 'detector': 'cascade'},
    select=SELECT,
    licence='CC0',
    workers=1,
    **more,
  )
  builder = talking_faces.TalkingFaces(data_dir=data_dir, config=config)
  builder.download_and_prepare(
    download_config=tfds.download.DownloadConfig(manual_dir=videos)
  )
  return builder


def test_what_tfds_builds_is_what_tools_prepare_makes(
  prepared, footage_folder, tmp_path
):
  import tensorflow_datasets as tfds

  builder = build(footage_folder, tmp_path)
  for split in ('train', 'validation'):
    [found], [expected] = (
      decoded(builder.data_dir, split),
      decoded(prepared, split),
    )
    assert_same(found, expected)
  about = tfds.builder_from_directory(builder.data_dir).info.metadata
  assert about == tfds.builder_from_directory(prepared).info.metadata
  data = tfds.load('talking_faces/small', data_dir=tmp_path, split='train')
  assert [int(example['num_frames']) for example in data] == [footage.FRAMES]


def test_folders_decide_the_splits(footage_folder, tmp_path):
  for folder, name in (('test', 'anna'), ('train', 'ben')):
    target = tmp_path / 'in' / folder / name
    shutil.copytree(footage_folder / name, target)
  splits = build(tmp_path / 'in', tmp_path / 'out').info.splits
  assert {name: split.num_examples for name, split in splits.items()} == {
    'test': 1,
    'train': 1,
  }


def test_nothing_left_is_said(footage_folder, tmp_path):
  (tmp_path / 'in').mkdir()
  shutil.copy(footage_folder / 'bad' / 'text.mp4', tmp_path / 'in')
  with pytest.raises(ValueError, match='1 of 1: not a media file'):
    build(tmp_path / 'in', tmp_path / 'out')
