"""Pickles that would run code are refused, with PyTorch or without."""

import collections
import os
import pickle
import zipfile

import numpy as np
import pytest

from lipsync_jax import pickle_check, weight_files


class Trap:
  """Makes a folder when its pickle is opened."""

  def __init__(self, path):
    self.path = str(path)

  def __reduce__(self):
    return os.mkdir, (self.path,)


def write(path, content, *, zipped, protocol):
  """As torch.save does: bare, after two other pickles, or inside a zip."""
  if zipped:
    with zipfile.ZipFile(path, 'w') as archive:
      archive.writestr('a/data.pkl', pickle.dumps(content, protocol))
      archive.writestr('a/data/0', bytes(100))
    return path
  parts = [pickle.dumps(part, protocol) for part in (119547037, 1001, content)]
  path.write_bytes(b''.join(parts) + bytes(100))
  return path


@pytest.mark.parametrize('zipped', [False, True])
@pytest.mark.parametrize('protocol', [2, 4])
def test_a_trap_is_refused_and_does_not_spring(tmp_path, zipped, protocol):
  sprung = tmp_path / 'sprung'
  content = {'state_dict': {'a.weight': Trap(sprung)}}
  path = write(tmp_path / 'a.pth', content, zipped=zipped, protocol=protocol)
  with pytest.raises(weight_files.WeightFileError, match='refused.*mkdir'):
    weight_files.read(path)
  assert not sprung.exists()
  pickle.loads(pickle.dumps(content))  # It would have sprung.
  assert sprung.exists()


@pytest.mark.parametrize('protocol', [2, 4])
def test_weights_refer_to_nothing_foreign(tmp_path, protocol):
  content = collections.OrderedDict(a=np.zeros(3), b={'c': {1, 2}})
  path = write(tmp_path / 'a.pth', content, zipped=True, protocol=protocol)
  assert pickle_check.foreign_calls(path) == set()
  whole = path.read_bytes()
  path.write_bytes(whole[: len(whole) // 2])  # Damage is the reader's matter.
  assert pickle_check.foreign_calls(path) == set()


def test_builtins_that_run_code_are_foreign(tmp_path):
  path = tmp_path / 'a.pth'
  path.write_bytes(b'\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.')
  assert pickle_check.foreign_calls(path) == {'builtins.eval'}


def test_an_odd_zip_is_one_line(tmp_path):
  path = write(tmp_path / 'a.pth', {'a': 1}, zipped=True, protocol=2)
  data = bytearray(path.read_bytes())
  data[data.index(b'PK\x01\x02') + 8] |= 1  # the bit of encryption
  path.write_bytes(data)
  with pytest.raises(weight_files.WeightFileError, match='a.pth') as error:
    weight_files.read(path)
  assert '\n' not in str(error.value)
