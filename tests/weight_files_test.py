"""Files of weights, as far as they need no PyTorch."""

import pickle
import sys
import zipfile

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from lipsync_jax import weight_files
from tests.narrow import PLAIN, assert_plain


def test_safetensors_need_no_torch(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'torch', None)
  path = tmp_path / 'a.safetensors'
  weight_files.write(path, PLAIN, wrapped=True, about={'licence': 'mine'})
  assert_plain(weight_files.read(path))
  with safetensors.safe_open(path, 'np') as file:
    assert file.metadata()['format'] == 'pt'
  assert weight_files.read_with_about(path)[1] == {'licence': 'mine'}
  assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_content_counts_not_the_suffix(tmp_path, suffix):
  safetensors.numpy.save_file(PLAIN, tmp_path / f'a{suffix}')
  assert_plain(weight_files.read(tmp_path / f'a{suffix}'))


@pytest.mark.parametrize('dtype', [np.float16, np.float64, ml_dtypes.bfloat16])
def test_floats_of_any_width_and_a_prefix(tmp_path, dtype):
  given = {f'module.{key}': value for key, value in PLAIN.items()}
  given['module.a.weight'] = given['module.a.weight'].astype(dtype)
  safetensors.numpy.save_file(given, tmp_path / 'a.safetensors')
  assert_plain(weight_files.read(tmp_path / 'a.safetensors'))


def test_without_torch_the_error_says_what_to_install(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'torch', None)
  path = tmp_path / 'a.pth'
  path.write_bytes(pickle.dumps({'state_dict': {}}, 2))
  with pytest.raises(weight_files.WeightFileError, match='pip install "torch'):
    weight_files.read(path)
  path.unlink()
  with pytest.raises(weight_files.WeightFileError, match='pip install "torch'):
    weight_files.write(path, PLAIN, wrapped=False)
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name', ['a.npz', 'a', 'none/a.pth', 'folder.pth'])
def test_places_that_cannot_be_written(tmp_path, name):
  (tmp_path / 'folder.pth').mkdir()
  with pytest.raises(weight_files.WeightFileError):
    weight_files.write(tmp_path / name, PLAIN, wrapped=False)
  assert [p.name for p in tmp_path.rglob('*')] == ['folder.pth']


def test_a_zip_that_is_none_of_ours_needs_no_torch_to_be_refused(
  tmp_path, monkeypatch
):
  monkeypatch.setitem(sys.modules, 'torch', None)
  path = tmp_path / 'a.pth'
  with zipfile.ZipFile(path, 'w') as archive:
    archive.writestr('hello.txt', 'hello')
  with pytest.raises(weight_files.WeightFileError, match='no PyTorch file'):
    weight_files.read(path)
  path.write_bytes(path.read_bytes()[:20])
  with pytest.raises(weight_files.WeightFileError, match='the end of it is'):
    weight_files.read(path)
