"""What a run is made of: its step, its validation, its checkpoints, its log."""

import pathlib
from collections.abc import Callable
from typing import Any

import optax

from lipsync_jax import (
  checkpoint,
  metric_writer,
  optimizer,
  validate,
)
from lipsync_jax import family as family_lib
from lipsync_jax import train_step as train_step_lib
from lipsync_jax.training import hosts
from lipsync_jax.training import parts as parts_lib


def validation(
  config: Any, parts: parts_lib.Parts, *, between: Callable[[], Any]
) -> validate.Validation:
  """The judgement on held-out clips; `between` is called before each batch."""
  return validate.Validation(
    parts.family,
    parts.held_out,
    parts.sharding,
    batch_size=config.batch_size,
    num_batches=config.eval_batches,
    between=between,
  )


def train_step(
  config: Any, parts: parts_lib.Parts
) -> tuple[optax.GradientTransformation, Callable[..., Any]]:
  """The optimizer, and the compiled step that takes it."""
  ours = parts.family
  tx = optimizer.make_optimizer(
    ours.optimizers, frozen=ours.task.frozen, num_steps=config.num_steps
  )
  step = train_step_lib.make_train_step(
    ours.task,
    tx,
    parts.sharding,
    seed=config.seed,
    ema_decay=config.ema.decay,
    remat=config.remat,
    accumulate=config.accumulate,
    max_bad_steps=config.max_bad_steps,
  )
  return tx, step


def checkpointer(
  config: Any, family: family_lib.Family, workdir: pathlib.Path
) -> checkpoint.Checkpointer:
  """The checkpoints that a config describes.

  Raises:
    checkpoint.CheckpointError: there are some, and none is whole.
    ValueError: a field of the config is out of its range.
  """
  return checkpoint.Checkpointer(
    workdir,
    family.description(),
    best_metric=config.best_metric,
    best_mode=config.best_mode,
    keep_last=config.keep_checkpoints,
  )


def writer(
  config: Any, workdir: pathlib.Path, saved: checkpoint.Checkpointer
) -> metric_writer.Writer:
  """The log, without the rows after the newest checkpoint; of the first host.

  Args:
    config: of the run.
    workdir: of the run.
    saved: its checkpoints.
  """
  if not hosts.first():
    return metric_writer.Silent()
  step = saved.latest_step()
  return metric_writer.MetricWriter(
    workdir,
    # A run that never saved may have left a row of its start.
    start_step=-1 if step is None else step,
    evaluated=saved.evaluated(step or 0),
    config=config.to_dict(),
    tensorboard=config.tensorboard,
    wandb=config.wandb.to_dict(),
  )
