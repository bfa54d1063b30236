"""Steps of a run as folders: damaged ones, and those that are saved anew.

Every host calls these together; the first one moves what is to be moved.
"""

import logging
import os
import pathlib
import shutil

import jax
from jax.experimental import multihost_utils

from lipsync_jax.checkpoint import checksums, layout

_LOG = logging.getLogger(__name__)


def damaged(checkpoints: pathlib.Path) -> dict[int, str]:
  """The newest steps, as far as they are not as they were written."""
  found: dict[int, str] = {}
  folders = [p for p in checkpoints.glob('*') if p.name.isdigit()]
  whole = False
  for folder in sorted(folders, reverse=True):
    # Of those before the newest that is whole, what Orbax reads at once.
    damage = checksums.damage(folder, states=not whole)
    whole = whole or not damage
    if damage:
      found[int(folder.name)] = damage
  if found and not whole:
    raise layout.CheckpointError(
      f'No checkpoint in {checkpoints} is whole: {listed(found)}. Copy one '
      'back if you have it elsewhere; delete the folder to start from step 0.'
    )
  return found


def set_aside(checkpoints: pathlib.Path, broken: dict[int, str]) -> None:
  """Moves damaged checkpoints away: their steps will be saved again."""
  if not broken:
    return
  _LOG.warning(
    'Damaged, moved to %s: checkpoint %s. Going on from one that is whole.',
    checkpoints.parent / layout.DAMAGED,
    listed(broken),
  )
  # Every host has looked before one moves them.
  multihost_utils.sync_global_devices('damaged checkpoints')
  if jax.process_index() == 0:
    for step in broken:
      layout.set_aside(checkpoints / layout.name(step))
  multihost_utils.sync_global_devices('moved')


def make_room(checkpoints: pathlib.Path, step: int) -> None:
  """Puts a step away until it is saved anew."""
  if jax.process_index() == 0:
    folder = checkpoints / layout.name(step)
    away = layout.away(checkpoints)
    away.mkdir(exist_ok=True)
    os.rename(folder, away / folder.name)
  multihost_utils.sync_global_devices('room for a checkpoint')


def put_back(checkpoints: pathlib.Path) -> None:
  """What was put away and not saved anew; what was is removed."""
  away = layout.away(checkpoints)
  if jax.process_index() == 0 and away.exists():
    for path in away.iterdir():
      if (checkpoints / path.name).exists():
        shutil.rmtree(path)
      else:
        os.rename(path, checkpoints / path.name)
    away.rmdir()
  multihost_utils.sync_global_devices('checkpoints put back')


def listed(broken: dict[int, str]) -> str:
  """Steps, and what is wrong with each, in words."""
  return '; '.join(f'{step} ({why})' for step, why in broken.items())
