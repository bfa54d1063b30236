"""What hosts must have in common before they train, and how they tell.

Config, data, versions, checkpoints and folder. Where they differ, all of them
end with the same words, before anything is compiled or written.
"""

import contextlib
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
from jax.experimental import multihost_utils

from input_pipeline import shards, tfrecord
from lipsync_jax.training import hosts

_TOLD = 5  # differences told of a host
# Network file systems show a new file to other machines after some seconds.
_SEEN_SECONDS = 30.0
_ROOT = pathlib.Path(__file__).parents[2]


def check(config: Any, folder: str | os.PathLike) -> None:
  """Refuses hosts that would not train the same network on the same data.

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
  with together():
    if config.num_devices not in (0, jax.device_count()):
      raise ValueError(
        f'num_devices={config.num_devices}: on several hosts all devices '
        'train, 0.'
      )
    mine = facts(config)
  same(mine)
  _check_shared(pathlib.Path(folder))


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
  for split in (data.train_split, data.validation_split):
    for path in shards.load_split(data.directory, split).paths:
      found[f'shard {pathlib.Path(path).name}'] = _shard(path)
  for network, workdir in _flat(config.pretrained.to_dict()):
    if workdir:
      steps = sorted(
        p.name for p in pathlib.Path(workdir, 'checkpoints').glob('*')
      )
      found[f'checkpoints of pretrained.{network}'] = steps
  return found


def same(mine: Mapping[str, Any]) -> None:
  """Refuses hosts that do not have the same values.

  Raises:
    ValueError: on all hosts, naming those that differ, and in what.
  """
  if not hosts.several():
    return
  text = json.dumps(mine, sort_keys=True)
  digest = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)
  digests = multihost_utils.process_allgather(digest)
  if (digests == digests[0]).all():
    return
  found = [json.loads(said) for said in gather(text)]
  raise ValueError(f'The hosts do not agree: {"; ".join(differences(found))}.')


def differences(found: list[dict[str, Any]]) -> list[str]:
  """What the other hosts have otherwise than host 0, in words."""
  lines = []
  for host, theirs in enumerate(found):
    names = [k for k in found[0] if theirs.get(k) != found[0][k]]
    names += [k for k in theirs if k not in found[0]]
    lines += [
      f'host {host}: {k} is {theirs.get(k, "missing")}, host 0 has '
      f'{found[0].get(k, "none")}'
      for k in names[:_TOLD]
    ]
    if len(names) > _TOLD:
      lines.append(f'host {host}: and {len(names) - _TOLD} more')
  return lines


@contextlib.contextmanager
def together() -> Iterator[None]:
  """What fails in here on one host fails on all of them, in the same words.

  Nothing in here may wait for other hosts.

  Raises:
    ValueError: some host had a ValueError or an OSError. (On a single host the
      error itself.)
  """
  caught = None
  try:
    yield
  except (ValueError, OSError) as error:
    if not hosts.several():
      raise
    caught = error
  if not hosts.several():
    return
  said = gather('' if caught is None else str(caught))
  if any(said):
    # Who has the same to say is named once.
    told = [
      f'host {", ".join(str(i) for i, s in enumerate(said) if s == text)}: '
      f'{text}'
      for text in dict.fromkeys(filter(None, said))
    ]
    raise ValueError('; '.join(told)) from caught


def first_says(value: Any) -> Any:
  """What the first host has here, on all hosts; a JSON value.

  For numbers that decide what all do next, and come of work outside JAX.
  """
  if not hosts.several():
    return value
  return json.loads(gather(json.dumps(value) if hosts.first() else '')[0])


def gather(text: str) -> list[str]:
  """What every host says, in their order."""
  mine = np.frombuffer(text.encode(), np.uint8)
  sizes = multihost_utils.process_allgather(np.int32(len(mine))).reshape(-1)
  # One more, as an empty array is no array to some backends.
  padded = np.zeros(sizes.max() + 1, np.uint8)
  padded[: len(mine)] = mine
  rows = multihost_utils.process_allgather(padded)
  return [
    row[:size].tobytes().decode() for row, size in zip(rows, sizes, strict=True)
  ]


def _check_shared(folder: pathlib.Path) -> None:
  """Refuses a run folder that is not the same one everywhere."""
  with together():
    mark = folder / f'.host-{first_says(uuid.uuid4().hex)}'
    if hosts.first():
      folder.mkdir(parents=True, exist_ok=True)
      mark.touch()
  try:
    with together():
      _await(mark)
  finally:
    if hosts.first():
      mark.unlink(missing_ok=True)


def _await(mark: pathlib.Path) -> None:
  deadline = time.monotonic() + _SEEN_SECONDS
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
  index = tfrecord.read_index(path)
  digest = hashlib.sha256(np.ascontiguousarray(index).tobytes()).hexdigest()
  return f'{os.path.getsize(path)} bytes in {len(index)} records {digest[:8]}'
