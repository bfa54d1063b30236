"""What torch.save and torch.jit.save wrote, read without running any of it.

The only file that knows torch, which is imported when a file needs it.

`weights_only=True` refuses pickles that would run code. TorchScript files are
programs: opening one runs its `__setstate__` methods and nothing else (what it
computes is never called), so a file that has such a method is refused.
"""

import pathlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from lipsync_jax import pickle_check


class WeightFileError(ValueError):
  """A file that holds no weights we can read, or that cannot be written."""


def is_torch(start: bytes) -> bool:
  """Whether a file that starts so may be PyTorch's: a zip, or a bare pickle."""
  return start.startswith((b'PK', b'\x80'))


def read(
  path: pathlib.Path, *, note: str
) -> tuple[dict[str, np.ndarray], str | None]:
  """The state_dict of a file, its floats as float32, and a note beside it.

  Args:
    path: a state_dict, a dict with one as 'state_dict', or TorchScript.
    note: key of a text that may lie beside 'state_dict'.

  Raises:
    WeightFileError: it is none of these, damaged, it would run code, or PyTorch
      is missing.
  """
  try:
    if calls := pickle_check.foreign_calls(path):
      raise WeightFileError(
        f'{path} is refused: opening it could run code ({min(calls)}).'
      )
    _check_whole(path)
    torch = require(path)
    loaded = _load(torch, path)
    said = loaded.get(note) if isinstance(loaded, Mapping) else None
    if isinstance(loaded, Mapping):
      loaded = loaded.get('state_dict', loaded)
    if not isinstance(loaded, Mapping) or not all(
      isinstance(value, torch.Tensor) for value in loaded.values()
    ):
      raise WeightFileError(
        f'{path} holds no state_dict: give a file of tensors by name, or a '
        "dict that has one as 'state_dict'."
      )
    arrays = {str(key): _array(value) for key, value in loaded.items()}
    return arrays, said if isinstance(said, str) else None
  except WeightFileError:
    raise
  # Damaged files raise whatever the place of the damage leads to.
  except Exception as error:
    raise WeightFileError(_what_is_wrong(path, error)) from error


def write(path: pathlib.Path, content: Mapping[str, Any]) -> None:
  """torch.save of a dict whose numpy arrays, also inside dicts, become tensors.

  Raises:
    WeightFileError: PyTorch is missing.
  """
  torch = require(path)

  def tensors(value):
    if isinstance(value, Mapping):
      return {key: tensors(item) for key, item in value.items()}
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value

  torch.save(tensors(content), path)


def require(path: pathlib.Path) -> Any:
  """The torch module.

  Raises:
    WeightFileError: it is not installed, which `path` is told to need.
  """
  try:
    import torch
  except ImportError as error:
    raise WeightFileError(
      f'{path} needs PyTorch: pip install "torch>=2.6". A .safetensors file '
      'needs nothing more.'
    ) from error
  return torch


def _load(torch: Any, path: pathlib.Path) -> Any:
  zipped = zipfile.is_zipfile(path)
  if zipped and _is_script(path):
    with warnings.catch_warnings():
      # Deprecated for torch.export, which cannot read these files.
      warnings.simplefilter('ignore', DeprecationWarning)
      return torch.jit.load(str(path), map_location='cpu').state_dict()
  return torch.load(path, map_location='cpu', weights_only=True, mmap=zipped)


def _check_whole(path: pathlib.Path) -> None:
  """What can be told without PyTorch: whether a zip is whole, and PyTorch's."""
  with path.open('rb') as file:
    if not file.read(2) == b'PK':
      return
  if not zipfile.is_zipfile(path):
    raise WeightFileError(f'{path} is damaged: the end of it is missing.')
  with zipfile.ZipFile(path) as archive:
    if not any(name.endswith('/data.pkl') for name in archive.namelist()):
      raise WeightFileError(f'{path} is damaged, or no PyTorch file.')


def _is_script(path: pathlib.Path) -> bool:
  """Whether a zip is TorchScript; raises if opening it would run something."""
  with zipfile.ZipFile(path) as archive:
    sources = [i for i in archive.infolist() if i.filename.endswith('.py')]
    for item in sources:
      if b'__setstate__' in archive.read(item):
        raise WeightFileError(
          f'{path} is refused: opening it would run code ({item.filename}).'
        )
  return bool(sources)


def _what_is_wrong(path: pathlib.Path, error: Exception) -> str:
  said = str(error).strip() or type(error).__name__
  # The name of what a pickle wants to call; torch's text around it tells how to
  # allow it.
  called = re.search(r'\bGLOBAL (\S+)', said)
  if isinstance(error, pickle.UnpicklingError) and called:
    return f'{path} is refused: opening it could run code ({called[1]}).'
  # The rest is for those who write PyTorch.
  first = said.splitlines()[0].split('. ')[0]
  return f'{path} is damaged, or no PyTorch file: {first}'


def _array(tensor: Any) -> np.ndarray:
  tensor = tensor.detach()
  return (tensor.float() if tensor.is_floating_point() else tensor).numpy()
