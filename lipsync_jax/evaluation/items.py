"""What a benchmark consists of: each row's videos, and where they are kept."""

import dataclasses
import hashlib
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from lipsync_jax.evaluation import catalogue
from lipsync_jax.evaluation import pairs as pairs_lib
from lipsync_jax.evaluation import protocol as protocols

GROUND_TRUTH, UNMODIFIED = 'ground truth', 'unmodified'
# Paths that are still told apart when they are a part of a file's name.
_CLEAN = re.compile('[^/._+]+(/[^/._+]+)*')


@dataclasses.dataclass(frozen=True)
class Item:
  """One video that is measured.

  Attributes:
    row: `GROUND_TRUTH`, `UNMODIFIED` or the name of a system.
    kind: a key of `catalogue.KINDS`.
    pair: what it is made of; with 'silence' the sound is not heard.
  """

  row: str
  kind: str
  pair: pairs_lib.Pair

  @property
  def name(self) -> str:
    """Of its files; no other item has it."""
    parts = [self.pair.video]
    if self.row != GROUND_TRUTH:
      silent = self.kind == catalogue.SILENCE
      parts.append('silence' if silent else self.pair.audio)
    name = '+'.join(map(_plain, parts))
    if not all(map(_CLEAN.fullmatch, parts)) or self.pair.audio == 'silence':
      # Of a/b_c and a_b/c one would be taken for the other.
      text = json.dumps([self.kind, *dataclasses.astuple(self.pair)])
      name += f'-{hashlib.sha256(text.encode()).hexdigest()[:8]}'
    return f'{self.row}/{name}'


def items(
  protocol: protocols.Protocol, systems: Mapping[str, Any]
) -> dict[str, list[Item]]:
  """What is to be measured, by video, in the protocol's order."""
  found: dict[str, list[Item]] = {}
  for pair in protocol.pairs:
    truth = pairs_lib.Pair(pair.video, pair.video)
    if pair.video not in found:
      found[pair.video] = [Item(GROUND_TRUTH, catalogue.OWN, truth)]
      if protocol.measure.silence:
        found[pair.video] += [
          Item(row, catalogue.SILENCE, truth) for row in systems
        ]
    kind = catalogue.OWN if pair.own else catalogue.OTHER
    rows = (UNMODIFIED, *systems)
    found[pair.video] += [Item(row, kind, pair) for row in rows]
  return found


def result(folder: pathlib.Path, item: Item) -> pathlib.Path:
  """Where an item's numbers are."""
  return folder / 'items' / f'{item.name}.json'


def features(folder: pathlib.Path, item: Item) -> pathlib.Path:
  """Where its Inception features are."""
  return folder / 'features' / f'{item.name}.npy'


def strip(folder: pathlib.Path, item: Item) -> pathlib.Path:
  """Where small pictures of it are."""
  return folder / 'strips' / f'{item.name}.jpg'


def video(folder: pathlib.Path, item: Item) -> pathlib.Path:
  """Where it is, unless it is the source itself."""
  return folder / 'videos' / f'{item.name}.mp4'


def key(identity: Mapping[str, Any], item: Item) -> str:
  """Names everything that an item's numbers depend on.

  Args:
    identity: fingerprints of all that takes part; of 'systems' and 'files' only
      those of the item count.
    item: which.
  """
  pair = item.pair
  mine = dict(identity) | {
    'systems': identity['systems'].get(item.row),
    'files': [identity['files'][name] for name in (pair.video, pair.audio)],
    'item': dataclasses.astuple(item),
  }
  text = json.dumps(mine, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:16]


def known(
  folder: pathlib.Path, identity: Mapping[str, Any], item: Item
) -> dict[str, Any] | None:
  """The numbers of an item that is done, else None."""
  try:
    found = json.loads(result(folder, item).read_text())
  except (FileNotFoundError, ValueError):
    return None
  return found if found.get('key') == key(identity, item) else None


def _plain(name: str) -> str:
  """A path as a part of a file's name."""
  return '_'.join(pathlib.PurePosixPath(name).parts).replace('.', '_')
