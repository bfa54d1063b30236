"""Refuses hosts that would not train the same network on the same data.

Config, data, versions, checkpoints and folder: where they differ, all hosts end
with the same words, before anything is compiled or written.
"""

import hashlib
import importlib.metadata
import json
import os
import pathlib
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np

from input_pipeline import shards, tfrecord_index
from lipsync_jax.training import agreement, hosts

_ROOT = pathlib.Path(__file__).parents[2]


def check(config: Any, folder: str | os.PathLike) -> None:
  """Returns if all hosts have the same of all that decides a run.

  Args:
    config: of the run.
    folder: of the run, which all hosts must see; made if it is not there.

  Raises:
    ValueError: on all hosts, naming those that differ, and in what.
  """
  if not hosts.several():
    return
  if not jax.distributed.is_initialized():
    raise ValueError(
      f'These are {jax.process_count()} hosts: start each with --hosts=auto.'
    )
  with agreement.together():
    if config.num_devices not in (0, jax.device_count()):
      raise ValueError(
        f'num_devices={config.num_devices}: on several hosts all devices '
        'train, 0.'
      )
    mine = facts(config)
  agreement.same(mine)
  check_shared(pathlib.Path(folder))


def facts(config: Any) -> dict[str, Any]:
  """What must be the same, by name; JSON values.

  Raises:
    ValueError, OSError: there is no such data, or it is damaged.
  """
  found = dict(_flat(json.loads(config.to_json_best_effort())))
  for package in ('jax', 'jaxlib'):
    found[f'version of {package}'] = importlib.metadata.version(package)
  found['code of lipsync_jax'] = _code()
  found['devices a host'] = jax.local_device_count()
  found['kind of device'] = jax.local_devices()[0].device_kind
  data = config.data
  splits = [data.train_split, data.validation_split]
  if data.held_out:  # One speaker's, out of all there are.
    splits = sorted(shards.split_names(data.directory))
  for split in splits:
    source = shards.load_split(data.directory, split, check=True)
    for path in source.paths:
      found[f'shard {pathlib.Path(path).name}'] = _shard(path)
  for network, workdir in _flat(config.pretrained.to_dict()):
    if workdir:
      steps = sorted(
        p.name for p in pathlib.Path(workdir, 'checkpoints').glob('*')
      )
      found[f'checkpoints of pretrained.{network}'] = steps
  return found


def check_shared(folder: pathlib.Path, *, patience: float = 30.0) -> None:
  """Refuses a folder that is not the same one on all hosts.

  Args:
    folder: made where it is not there.
    patience: seconds; network file systems show a new file to other machines
      after some.

  Raises:
    ValueError: on all hosts, naming those that see another.
  """
  with agreement.together():
    mark = folder / f'.host-{agreement.first_says(uuid.uuid4().hex)}'
    if hosts.first():
      folder.mkdir(parents=True, exist_ok=True)
      mark.touch()
  try:
    with agreement.together():
      _await(mark, patience)
  finally:
    if hosts.first():
      mark.unlink(missing_ok=True)


def _await(mark: pathlib.Path, patience: float) -> None:
  deadline = time.monotonic() + patience
  while not mark.exists():
    if time.monotonic() > deadline:
      raise ValueError(
        f'{mark.parent} is another folder than on host 0. Give a --workdir '
        'that all hosts share.'
      )
    time.sleep(0.1)


def _flat(tree: Mapping[str, Any], name: str = '') -> Iterator[tuple[str, Any]]:
  for key, value in tree.items():
    if isinstance(value, Mapping):
      yield from _flat(value, f'{name}{key}.')
    else:
      yield f'{name}{key}', value


def _code() -> str:
  """Names the code that runs here."""
  digest = hashlib.sha256()
  for package in ('lipsync_jax', 'input_pipeline'):
    for path in sorted((_ROOT / package).rglob('*.py')):
      digest.update(path.read_bytes())
  return digest.hexdigest()[:12]


def _shard(path: str) -> str:
  index = tfrecord_index.read_index(path, keep=True)
  digest = hashlib.sha256(np.ascontiguousarray(index).tobytes()).hexdigest()
  return f'{os.path.getsize(path)} bytes in {len(index)} records {digest[:8]}'
