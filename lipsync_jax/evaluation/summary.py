"""From the numbers of all clips to those of a table."""

import collections
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lipsync_jax.evaluation import catalogue
from lipsync_jax.evaluation import items as items_lib
from lipsync_jax.evaluation import pairs as pairs_lib
from lipsync_jax.metrics import frechet

Row = dict[str, Any]
_OF_TRUTH = 'leakage_of_truth'


def collect(
  folder: pathlib.Path,
  identity: Mapping[str, Any],
  todo: Mapping[str, Sequence[items_lib.Item]],
) -> list[Row]:
  """The numbers of every item that is done, in the protocol's order.

  Returns:
    'row', 'kind', 'video', 'audio' and its numbers, or an 'error'.
  """
  rows = []
  for item in (item for items in todo.values() for item in items):
    found = items_lib.known(folder, identity, item)
    if found is not None:
      del found['key']
      about = {'row': item.row, 'kind': item.kind}
      rows.append(about | vars(item.pair) | found)
  return rows


def item_of(clip: Mapping[str, Any]) -> items_lib.Item:
  """Whose numbers a row of `collect` has."""
  pair = pairs_lib.Pair(clip['video'], clip['audio'])
  return items_lib.Item(clip['row'], clip['kind'], pair)


def tables(clips: Sequence[Row], folder: pathlib.Path) -> list[Row]:
  """One row for each system and kind of pair.

  Args:
    clips: from `collect`.
    folder: of the results.

  Returns:
    'row', 'kind', 'clips' that were measured, 'failed', 'means' and 'errors'
    (standard errors of the means) by name, 'offsets' (how many clips have
    which), 'fid' among the means where there are features.
  """
  groups = collections.defaultdict(list)
  for clip in clips:
    groups[clip['kind'], clip['row']].append(clip)
  truth = groups.get((catalogue.OWN, items_lib.GROUND_TRUTH), [])
  found = []
  for kind in catalogue.KINDS:
    mine = {row: group for (k, row), group in groups.items() if k == kind}
    if kind == catalogue.OTHER and mine:
      # The same videos, with the sound that is theirs.
      mine = {items_lib.GROUND_TRUTH: truth} | mine
    for row, group in mine.items():
      table = _means(group) | {'row': row, 'kind': kind}
      if kind == catalogue.OTHER and row == items_lib.GROUND_TRUTH:
        # How alike mouths are that say different things at the same time.
        of_truth = _means(mine.get(items_lib.UNMODIFIED, []), _OF_TRUTH)
        if _OF_TRUTH in of_truth['means']:
          table['means']['leakage'] = of_truth['means'][_OF_TRUTH]
      if row != items_lib.GROUND_TRUTH and kind != catalogue.SILENCE:
        table['means'] |= _fid(folder, group, truth)
      found.append(table)
  return found


def _means(group: Sequence[Row], *names: str) -> Row:
  good = [clip for clip in group if 'error' not in clip]
  found: Row = {
    'clips': len(good),
    'failed': len(group) - len(good),
    'means': {},
    'errors': {},
  }
  for name in names or catalogue.ENTRIES:
    values = [clip[name] for clip in good if clip.get(name) is not None]
    if values:
      found['means'][name] = float(np.mean(values))
      if len(values) > 1:
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        found['errors'][name] = float(error)
  offsets = collections.Counter(
    int(clip['offset']) for clip in good if clip.get('offset') is not None
  )
  found['offsets'] = {str(k): offsets[k] for k in sorted(offsets)}
  return found


def _fid(
  folder: pathlib.Path, group: Sequence[Row], truth: Sequence[Row]
) -> dict[str, float]:
  """Of a row's frames against those of the source videos, if there are any.

  Features count if the clip's numbers say that there are: what another run has
  left, with other weights or before a clip failed, does not.
  """
  made, theirs = (
    [
      items_lib.features(folder, item_of(clip))
      for clip in clips
      if clip.get('fid_frames')
    ]
    for clips in (group, truth)
  )
  if not made or not theirs:
    return {}
  return {'fid': frechet.distance(_gaussian(made), _gaussian(theirs))}


def _gaussian(paths: Sequence[pathlib.Path]) -> frechet.Gaussian:
  features = frechet.Accumulator()
  for path in paths:
    features.add(np.load(path))
  return features.gaussian()
