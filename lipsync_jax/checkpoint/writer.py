"""Saving and restoring a run."""

import contextlib
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from lipsync_jax.checkpoint import checksums, folders, keeping, layout

_LOG = logging.getLogger(__name__)


class Checkpointer:
  """Saves and restores one run."""

  @layout.quiet()
  def __init__(
    self,
    workdir: str | pathlib.Path,
    description: dict[str, Any],
    *,
    best_metric: str,
    best_mode: str = 'min',
    keep_last: int = 2,
  ):
    """Opens `workdir`/checkpoints.

    Args:
      workdir: of the run.
      description: JSON-able; stored with every step.
      best_metric: the evaluation metric that decides which step is best.
      best_mode: 'min' or 'max'.
      keep_last: how many of the newest steps are kept besides the best: the
        one before is what remains if the newest is damaged. What is damaged
        is moved to `workdir`/damaged, which is said.

    Raises:
      CheckpointError: there are checkpoints, and none is whole.
      ValueError: there is no such mode, or nothing would be kept.
    """
    options = keeping.options(
      best_metric=best_metric,
      best_mode=best_mode,
      keep_last=keep_last,
      written=self._note_checksums,
    )
    self._description = description | {
      'best_metric': best_metric,
      'best_mode': best_mode,
    }
    self._folder = pathlib.Path(workdir).absolute() / layout.FOLDER
    self._saving = 0
    # Before Orbax looks, which trips over any file that is damaged.
    folders.put_back(self._folder)
    folders.set_aside(self._folder, folders.damaged(self._folder))
    self._manager = ocp.CheckpointManager(self._folder, options=options)

  @layout.quiet()
  def save(
    self,
    step: int,
    state: Any,
    metrics: dict[str, float] | None = None,
  ) -> None:
    """Starts saving in the background; the state may be donated at once.

    Args:
      step: saved before without metrics, it is saved anew.
      state: the TrainState.
      metrics: of the evaluation; None: this step can not be the best.

    Raises:
      OSError: this save, or the one before, could not be written.
    """
    with self._told():
      self._finish()
      if step in self._manager.all_steps():
        if metrics is None or self.evaluated(step):
          return  # There is nothing to add: a step is a function of the seed.
        folders.make_room(self._folder, step)
        self._manager.reload()
      self._saving = step
      self._manager.save(
        step,
        args=ocp.args.Composite(
          state=ocp.args.StandardSave(state),
          description=ocp.args.JsonSave(self._description),
        ),
        metrics=metrics,
      )

  def latest_step(self) -> int | None:
    return self._manager.latest_step()

  def evaluated(self, step: int) -> bool:
    """Whether a step was saved with its metrics."""
    there = step in self._manager.all_steps()
    return there and self._manager.metrics(step) is not None

  def best_step(self) -> int | None:
    return self._manager.best_step()

  @layout.quiet()
  def restore(self, state: Any) -> Any:
    """The newest state to be read, in the shapes and shardings of `state`.

    Raises:
      CheckpointError: it does not fit, or none can be read.
    """
    target = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
      state,
    )
    unreadable, misfit = {}, None
    for step in sorted(self._manager.all_steps(), reverse=True):
      try:
        restored = self._restore(step, target, state)
      except Exception as error:  # noqa: BLE001 - tensorstore raises any kind.
        misfit = misfit or _misfit(step, error)
        if checksums.noted(self._folder / layout.name(step)):
          break  # As it was written, so it is the config.
        unreadable[step] = layout.line(error)
        continue
      if unreadable:
        folders.set_aside(self._folder, unreadable)
        self._manager.reload()
      _LOG.info('Resuming from step %d.', step)
      return restored
    raise misfit or layout.CheckpointError(f'Nothing saved in {self._folder}.')

  def _restore(self, step: int, target: Any, fresh: Any) -> Any:
    """What is stored, in the shapes of `target`.

    A field of the state that the step was saved without, as it was before there
    was such a field, stays as it is in `fresh`.
    """
    path = self._folder / layout.name(step) / 'state'
    with ocp.Checkpointer(ocp.StandardCheckpointHandler()) as reader:
      stored = set(reader.metadata(path).item_metadata.tree)
    there = {k: v for k, v in vars(target).items() if k in stored}
    for name in vars(target).keys() - stored:
      if any(np.any(x) for x in jax.tree.leaves(getattr(fresh, name))):
        raise ValueError(f'It holds no {name}.')
    args = ocp.args.Composite(state=ocp.args.StandardRestore(there))
    return fresh.replace(**self._manager.restore(step, args=args)['state'])

  def _finish(self) -> None:
    self._manager.wait_until_finished()
    folders.put_back(self._folder)

  def _note_checksums(self) -> None:
    if jax.process_index() == 0:
      # Orbax gives its unfinished folders a name that begins so.
      for path in self._folder.glob(f'{layout.name(self._saving)}.*'):
        checksums.write(path)

  @contextlib.contextmanager
  def _told(self) -> Iterator[None]:
    """Orbax's many kinds of errors in writing as one, with what to do."""
    try:
      yield
    except Exception as error:
      raise OSError(
        f'The checkpoint of step {self._saving} cannot be written to '
        f'{self._folder}: {layout.line(error)}. Make room there or see to its '
        'rights; the same command goes on from the checkpoint before.'
      ) from error

  @layout.quiet()
  def close(self) -> None:
    """Waits for saves under way.

    Raises:
      OSError: see `save`.
    """
    with self._told():
      self._finish()
    self._manager.close()


def _misfit(step: int, error: Exception) -> layout.CheckpointError:
  return layout.CheckpointError(
    f'The checkpoint of step {step} does not fit this config. Use the '
    'config the run was started with (its config.json says which), or another '
    f'--workdir. ({layout.line(error)})'
  )
