"""What one host says, all hear: so that all go on, or end, with the same words.

Every function is a computation over all hosts, to be called by all of them in
the same order. On a single host there is nothing to agree on.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jax.experimental import multihost_utils

from lipsync_jax.training import hosts

_TOLD = 5  # differences told of a host


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
