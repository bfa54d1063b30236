"""Reading one network of a run, and what the run says of itself."""

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from lipsync_jax.checkpoint import layout


def exists(workdir: str | pathlib.Path) -> bool:
  """Whether a run has saved anything."""
  # Folders that are still being written have a longer name.
  folder = pathlib.Path(workdir) / layout.FOLDER
  return any(path.name.isdigit() for path in folder.glob('*'))


@layout.quiet()
def describe(workdir: str | pathlib.Path) -> dict[str, Any]:
  """The description of the step `load_network` reads, with 'step' added.

  Raises:
    CheckpointError: no checkpoint there.
  """
  step, description = _choose_step(_folder(workdir))
  return description | {'step': step}


@layout.quiet()
def load_network(
  workdir: str | pathlib.Path, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
  """Reads one network of a finished or running training.

  Args:
    workdir: of the run; its best step is read (the newest if none is known).
    name: of the network, e.g. 'expert' or 'generator'.

  Returns:
    ({'params', 'batch_stats', ...} as numpy arrays, with the averaged
    parameters where the run kept them; the description stored beside them,
    with 'step' added).

  Raises:
    CheckpointError: no checkpoint there, or no such network in it.
  """
  folder = _folder(workdir)
  step, description = _choose_step(folder)
  path = folder / layout.name(step) / 'state'
  with (
    _told(folder, step),
    ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as checkpointer,
  ):
    stored = checkpointer.metadata(path).item_metadata.tree
    if name not in stored['params']:
      raise layout.CheckpointError(
        f'{workdir} holds the networks {sorted(stored["params"])}, '
        f'not {name!r}.'
      )
    wanted = {
      part: {name: stored[part][name]}
      for part in ('params', 'ema_params', 'model_state')
      if name in stored.get(part, {})
    }
    tree = checkpointer.restore(
      path,
      args=ocp.args.PyTreeRestore(
        item=wanted,
        restore_args=jax.tree.map(
          lambda _: ocp.RestoreArgs(restore_type=np.ndarray), wanted
        ),
        partial_restore=True,
      ),
    )
  params = tree.get('ema_params', tree['params'])[name]
  state = tree.get('model_state', {}).get(name, {})
  return {'params': params, **state}, description | {'step': step}


def _folder(workdir: str | pathlib.Path) -> pathlib.Path:
  folder = pathlib.Path(workdir).absolute() / layout.FOLDER
  if not folder.is_dir():
    raise layout.CheckpointError(
      f'No checkpoints in {workdir}. Give the --workdir of a training run.'
    )
  return folder


def _choose_step(folder: pathlib.Path) -> tuple[int, dict[str, Any]]:
  """The best finished step and its description."""
  with _told(folder), _open(folder) as manager:
    latest, description = _latest(folder, manager)
  # Which metric tells is in the description.
  ranking = {
    'best_fn': layout.metric(
      description['best_metric'], description['best_mode']
    ),
    'best_mode': description['best_mode'],
  }
  with _told(folder, latest), _open(folder, **ranking) as manager:
    best = manager.best_step()
    if best is None:
      return latest, description
    with _told(folder, best):
      return best, _describe(manager, best)


def _latest(
  folder: pathlib.Path, manager: ocp.CheckpointManager
) -> tuple[int, dict[str, Any]]:
  """The newest step that can be read, as resuming takes it."""
  steps = sorted(manager.all_steps())
  if not steps:
    raise layout.CheckpointError(f'No finished checkpoint in {folder.parent}.')
  while True:
    try:
      with _told(folder, steps[-1]):
        return steps[-1], _describe(manager, steps[-1])
    except layout.CheckpointError:
      if len(steps) == 1:
        raise
      steps.pop()


@contextlib.contextmanager
def _told(folder: pathlib.Path, step: int | None = None) -> Iterator[None]:
  """Orbax's many kinds of errors of damaged files as one, with what to do."""
  try:
    yield
  except layout.CheckpointError:
    raise
  except Exception as error:
    what = 'A checkpoint' if step is None else f'The checkpoint of step {step}'
    raise layout.CheckpointError(
      f'{what} in {folder.parent} cannot be read. Start '
      'its training again, which goes back to the one before, or copy it anew. '
      f'({layout.line(error)})'
    ) from error


def _open(folder: pathlib.Path, **options: Any) -> ocp.CheckpointManager:
  return ocp.CheckpointManager(
    folder,
    options=ocp.CheckpointManagerOptions(
      read_only=True, **layout.FORMAT, **options
    ),
  )


def _describe(manager: ocp.CheckpointManager, step: int) -> dict[str, Any]:
  args = ocp.args.Composite(description=ocp.args.JsonRestore())
  return manager.restore(step, args=args)['description']
