"""Files of PyTorch: every kind is read alike, no kind runs code."""

import collections
import os
import pathlib

import numpy as np
import pytest

from lipsync_jax import weight_files
from tests.narrow import PLAIN, assert_plain


@pytest.fixture
def torch():
  return pytest.importorskip(
    'torch', reason='PyTorch is not installed, so its files go UNTESTED'
  )


@pytest.fixture
def tensors(torch):
  return {key: torch.from_numpy(value) for key, value in PLAIN.items()}


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('wrapped', [False, True])
def test_what_torch_saved(tmp_path, torch, tensors, legacy, wrapped):
  given = {f'module.{key}': value for key, value in tensors.items()}
  given['module.a.weight'] = given['module.a.weight'].bfloat16()
  content = {'state_dict': given, 'optimizer': None, 'global_step': 3}
  torch.save(
    content if wrapped else collections.OrderedDict(given),
    tmp_path / 'a.pth',
    _use_new_zipfile_serialization=not legacy,
  )
  assert_plain(weight_files.read(tmp_path / 'a.pth'))


@pytest.mark.filterwarnings('ignore:`torch.jit:DeprecationWarning')
def test_torchscript(tmp_path, torch):
  class Net(torch.nn.Module):
    def __init__(self):
      super().__init__()
      self.a = torch.nn.Linear(3, 2)

    def forward(self, x):
      return self.a(x)

  net = Net()
  torch.jit.save(torch.jit.trace(net, torch.zeros(1, 3)), tmp_path / 'a.pt')
  found = weight_files.read(tmp_path / 'a.pt')
  assert found.keys() == {'a.weight', 'a.bias'}
  np.testing.assert_array_equal(found['a.weight'], net.a.weight.detach())


@pytest.mark.filterwarnings('ignore:`torch.jit:DeprecationWarning')
def test_torchscript_that_runs_when_opened_is_refused(tmp_path, torch):
  trap = str(tmp_path / 'sprung')

  class Net(torch.nn.Module):
    def __init__(self):
      super().__init__()
      self.trap = trap

    @torch.jit.export
    def __getstate__(self):
      return self.trap

    @torch.jit.export
    def __setstate__(self, state: str):
      self.trap = state
      self.training = False
      torch.save(torch.zeros(1), state)

    def forward(self, x):
      return x

  torch.jit.save(torch.jit.script(Net()), tmp_path / 'a.pt')
  with pytest.raises(weight_files.WeightFileError, match='refused.*run code'):
    weight_files.read(tmp_path / 'a.pt')
  assert not pathlib.Path(trap).exists()
  # It would have sprung.
  torch.jit.load(tmp_path / 'a.pt')
  assert pathlib.Path(trap).exists()


class Trap:
  """A pickle that makes a folder when opened."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return os.mkdir, (self.path,)


@pytest.mark.parametrize('legacy', [False, True])
def test_a_pickle_that_runs_code_is_refused(tmp_path, torch, legacy):
  path, trap = tmp_path / 'a.pth', tmp_path / 'sprung'
  torch.save(
    {'state_dict': {'a': Trap(str(trap))}},
    path,
    _use_new_zipfile_serialization=not legacy,
  )
  with pytest.raises(weight_files.WeightFileError, match='refused.*mkdir'):
    weight_files.read(path)
  assert not trap.exists()


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('share', [0.02, 0.5, 0.98])
def test_a_cut_off_file_is_said_to_be_damaged(tmp_path, torch, legacy, share):
  path = tmp_path / 'a.pth'
  torch.save(
    {'a': torch.zeros(1000)}, path, _use_new_zipfile_serialization=not legacy
  )
  data = path.read_bytes()
  path.write_bytes(data[: round(share * len(data))])
  with pytest.raises(weight_files.WeightFileError, match='damaged') as error:
    weight_files.read(path)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize('content', [[1], {'state_dict': {'a': 1}}, {'a': 'b'}])
def test_other_content_is_no_state_dict(tmp_path, torch, content):
  torch.save(content, tmp_path / 'a.pth')
  with pytest.raises(weight_files.WeightFileError, match='no state_dict'):
    weight_files.read(tmp_path / 'a.pth')


def test_a_zip_of_something_else(tmp_path, torch):
  np.savez(tmp_path / 'a.npz', a=np.zeros(3))
  with pytest.raises(weight_files.WeightFileError, match='damaged'):
    weight_files.read(tmp_path / 'a.npz')


def test_what_the_originals_load(tmp_path, torch, tensors):
  """wav2lip_train.py reads these four keys; a plain dict is for SyncNet v2."""
  path = tmp_path / 'a.pth'
  weight_files.write(path, PLAIN, wrapped=True, step=5)
  content = torch.load(path, weights_only=True)
  assert content.pop('optimizer') is None
  assert (content['global_step'], content['global_epoch']) == (5, 0)
  assert_plain(weight_files.read(path))
  weight_files.write(path, PLAIN, wrapped=False)
  content = torch.load(path, weights_only=True)
  assert content.keys() == tensors.keys()
  assert all(torch.equal(content[key], tensors[key]) for key in tensors)
  assert list(tmp_path.iterdir()) == [path]
