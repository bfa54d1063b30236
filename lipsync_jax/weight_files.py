"""Files of weights as others write and read them: safetensors and PyTorch's.

The only file that knows safetensors; `torch_files` is the one for the rest.
"""

import hashlib
import json
import os
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import ml_dtypes  # noqa: F401  Importing it teaches numpy bfloat16.
import numpy as np
import safetensors
import safetensors.numpy

from lipsync_jax import torch_files

StateDict = dict[str, np.ndarray]
WeightFileError = torch_files.WeightFileError
_ABOUT = 'lipsync_jax'


def read(path: str | os.PathLike) -> StateDict:
  """The state_dict in a file, see `read_with_about`."""
  return read_with_about(path)[0]


def read_with_about(
  path: str | os.PathLike,
) -> tuple[StateDict, dict[str, Any]]:
  """The state_dict in a file; its kind is seen from its content.

  Reads safetensors, and with PyTorch installed TorchScript and what torch.save
  wrote in either format: a state_dict, or a dict with one as 'state_dict'.

  Args:
    path: of the file.

  Returns:
    Arrays by PyTorch name, without a leading 'module.' (DataParallel); floats
    of any width as float32. And what `write` was told about them; nothing in
    files of others.

  Raises:
    WeightFileError: not such a file, damaged, it would run code, or PyTorch is
      needed and missing.
  """
  path = pathlib.Path(path)
  if path.is_dir():
    raise WeightFileError(f'{path} is a folder; give a file of weights.')
  if not path.is_file():
    raise WeightFileError(f'There is no file {path}.')
  with path.open('rb') as file:
    start = file.read(9)
  if not start:
    raise WeightFileError(f'{path} is empty.')
  if start[8:] == b'{':  # After eight bytes that say how long the header is.
    state_dict, note = _read_safetensors(path)
  elif torch_files.is_torch(start):
    state_dict, note = torch_files.read(path, note=_ABOUT)
  else:
    raise WeightFileError(
      f'{path} is neither a PyTorch file nor a safetensors file.'
    )
  state_dict = {k.removeprefix('module.'): v for k, v in state_dict.items()}
  return state_dict, _parse(note)


def read_all(
  paths: Sequence[str | os.PathLike],
) -> tuple[StateDict, dict[str, Any]]:
  """The state_dicts of several files in one, see `read_with_about`.

  Raises:
    WeightFileError: as there, or two files hold the same name.
  """
  joined, about = {}, {}
  for path in paths:
    state_dict, said = read_with_about(path)
    if twice := joined.keys() & state_dict.keys():
      raise WeightFileError(
        f'{path} has {min(twice)} as well, so these are not parts of one '
        'network: give one file.'
      )
    joined |= state_dict
    about |= said
  return joined, about


def write(
  path: str | os.PathLike,
  state_dict: StateDict,
  *,
  wrapped: bool,
  step: int = 0,
  about: Mapping[str, Any] | None = None,
) -> None:
  """Writes a state_dict; the file appears when complete.

  Args:
    path: .safetensors, or .pth, .pt or .model, which need PyTorch.
    state_dict: contiguous arrays by PyTorch name.
    wrapped: PyTorch's files only: as {'state_dict': ..., 'optimizer': None,
      'global_step': step, 'global_epoch': 0}, which is what load_checkpoint of
      Wav2Lip's training scripts reads.
    step: see `wrapped`.
    about: JSON-able, for `read_with_about`: kept in the header of a safetensors
      file and beside a wrapped state_dict; a plain one has no room for it.

  Raises:
    WeightFileError: another suffix, no such folder, or PyTorch is missing.
  """
  path = pathlib.Path(path)
  check_target(path)
  note = {_ABOUT: json.dumps(about)} if about else {}
  with tempfile.TemporaryDirectory(
    dir=path.absolute().parent, prefix=f'.{path.name}-'
  ) as folder:
    made = pathlib.Path(folder) / path.name
    if path.suffix == '.safetensors':
      safetensors.numpy.save_file(
        state_dict, made, metadata={'format': 'pt'} | note
      )
    elif wrapped:
      whole = {'state_dict': state_dict, 'optimizer': None}
      counters = {'global_step': step, 'global_epoch': 0}
      torch_files.write(made, whole | counters | note)
    else:
      torch_files.write(made, state_dict)
    os.replace(made, path)


def digests(path: str | os.PathLike) -> dict[str, str]:
  """What names a file by its content: 'sha256' and 'git_blob', both in hex.

  The latter, a SHA-1, is the name of the file in any git repository.
  """
  content = pathlib.Path(path).read_bytes()
  blob = b'blob %d\0' % len(content)
  return {
    'sha256': hashlib.sha256(content).hexdigest(),
    'git_blob': hashlib.sha1(blob + content, usedforsecurity=False).hexdigest(),
  }


def check_target(path: str | os.PathLike) -> None:
  """Says early whether `write` can write there.

  Raises:
    WeightFileError: another suffix, no such folder, or PyTorch is missing.
  """
  path = pathlib.Path(path)
  if path.suffix not in ('.safetensors', '.pth', '.pt', '.model'):
    raise WeightFileError(
      f'{path}: choose a name that ends in .pth or .safetensors.'
    )
  if path.is_dir() or not path.absolute().parent.is_dir():
    raise WeightFileError(f'{path} is a folder, or there is none for it.')
  if path.suffix != '.safetensors':
    torch_files.require(path)


def _parse(note: str | None) -> dict[str, Any]:
  try:
    about = json.loads(note) if note else {}
  except ValueError:
    return {}
  return about if isinstance(about, dict) else {}


def _read_safetensors(path: pathlib.Path) -> tuple[StateDict, str | None]:
  try:
    state_dict = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, framework='numpy') as file:
      note = (file.metadata() or {}).get(_ABOUT)
  except safetensors.SafetensorError as error:
    raise WeightFileError(
      f'{path} is no whole safetensors file: {error}'
    ) from error
  return {key: _float32(value) for key, value in state_dict.items()}, note


def _float32(value: np.ndarray) -> np.ndarray:
  """Floats of any width as float32; numpy counts bfloat16 among 'V', void."""
  return np.asarray(value, np.float32) if value.dtype.kind in 'fV' else value
