"""One training run from start to end."""

import contextlib
import functools
import logging
import pathlib
from typing import Any

import jax
import numpy as np

from input_pipeline import balance, dataset
from lipsync_jax import (
  checkpoint,
  family,
  meter,
  metric_writer,
  optimizer,
  pretrained,
  sharding,
  train_state,
  train_step,
  validate,
)
from lipsync_jax.training import (
  accumulation,
  health,
  interruption,
  profiling,
  progress,
)
from lipsync_jax.training import folder as folder_lib

_LOG = logging.getLogger(__name__)


def train_and_evaluate(config: Any, workdir: str) -> train_state.TrainState:
  """Trains until `config.num_steps`, from where `workdir` left off.

  Where the parameters come from, in this order: the newest checkpoint in
  `workdir` that is whole; else the networks of `config.pretrained`; else the
  seed.

  Args:
    config: an ml_collections.ConfigDict, see configs/common.py.
    workdir: checkpoints/, metrics.jsonl, samples/, config.json and run.json go
      here.

  Returns:
    The final state.

  Raises:
    FileNotFoundError: there is no such data.
    OSError: the folder cannot be written.
    ValueError: a field does not fit the data, the devices or a checkpoint; or
      another run is at work in the folder.
    FloatingPointError: too many steps in a row were not finite; a state of
      before the first of them is saved.
    interruption.Stopped: SIGTERM or Ctrl-C came, and the run is saved.
  """
  path = pathlib.Path(workdir)
  parts = _Parts(pretrained.at_hand(config, path))
  with (
    folder_lib.hold(path, num_steps=config.num_steps) as folder,
    interruption.Interruption() as wish,
    contextlib.closing(_Run(config, parts, folder, wish)) as run,
  ):
    folder.note_config(config.to_json_best_effort(indent=2))
    return run.loop()


class _Parts:
  """What a config names, found and checked before anything is written."""

  def __init__(self, config: Any):
    data = config.data
    self.sharding = sharding.make_sharding(config.num_devices or None)
    devices = self.sharding.mesh.size
    accumulation.check(
      config.batch_size, devices=devices, accumulate=config.accumulate
    )
    if not data.directory:
      raise ValueError(
        'Give --config.data.directory, a folder that tools.prepare wrote.'
      )
    self.family = family.build(config)
    self.source = self.family.source(data.train_split)
    self.held_out = self.family.source(data.validation_split)


class _Run:
  """The objects of a run, built in the order they need each other."""

  def __init__(
    self,
    config: Any,
    parts: _Parts,
    folder: folder_lib.RunFolder,
    wish: interruption.Interruption,
  ):
    self.config, self.parts = config, parts
    self.folder, self.wish = folder, wish
    self.done = 0  # steps
    ours = parts.family
    self.validation = validate.Validation(
      ours,
      parts.held_out,
      parts.sharding,
      batch_size=config.batch_size,
      num_batches=config.eval_batches,
      between=lambda: wish.check(self.done),
    )
    self.tx = optimizer.make_optimizer(
      ours.optimizers, frozen=ours.task.frozen, num_steps=config.num_steps
    )
    self.state = ours.create_state(
      self.tx, self.validation.example(), parts.sharding.replicated
    )
    self.checkpointer = checkpoint.Checkpointer(
      folder.path,
      ours.description(),
      best_metric=config.best_metric,
      best_mode=config.best_mode,
      keep_last=config.keep_checkpoints,
    )
    if self.checkpointer.latest_step() is not None:
      self.state = self.checkpointer.restore(self.state)
    self.done = int(self.state.step)
    folder.tell(step=self.done)
    self.writer = metric_writer.MetricWriter(
      folder.path,
      start_step=self.done,
      config=config.to_dict(),
      tensorboard=config.tensorboard,
      wandb=config.wandb.to_dict(),
    )
    self.clock = meter.Meter(config.batch_size)
    self.train_step = train_step.make_train_step(
      ours.task,
      self.tx,
      parts.sharding,
      seed=config.seed,
      ema_decay=config.ema.decay,
      remat=config.remat,
      accumulate=config.accumulate,
      max_bad_steps=config.max_bad_steps,
    )
    self.health = health.Health(config.max_bad_steps)

  def loop(self) -> train_state.TrainState:
    with progress.Progress(
      self.config.task, start_step=self.done, num_steps=self.config.num_steps
    ) as self.progress:
      try:
        if self._due(self.done) and not self.checkpointer.evaluated(self.done):
          self._evaluate()  # which was broken off
        self._train()
      except interruption.Stopped:
        self._save()
        raise
      except health.TooManyBadSteps as error:
        self._save_before(error.first_bad_step)
        raise
    return self.state

  def _train(self) -> None:
    config = self.config
    batches = self._batches()
    profile = profiling.Profile(
      self.folder.path / 'profile' if config.profile else None,
      dtype=config.dtype,
    )
    for step in range(self.done, config.num_steps):
      self.wish.check(self.done)
      with profile.step(step):
        with self.clock.waiting(self.state.step), profile.part('data'):
          rows = next(batches)
        with profile.part('copy') as settled:
          batch = settled(self.parts.sharding.put_batch(rows))
        with profile.part('step') as settled:
          self.state, metrics = settled(self.train_step(self.state, batch))
      self.done = step + 1
      self.health.saw(step, metrics['skipped_in_a_row'])
      self.progress.update(self.done)
      if profile.complete:
        with self.clock.part('profiling'):
          program = functools.partial(self.train_step.lower, self.state, batch)
          profile.write(program, self.clock.seconds())
      if self.done % config.log_every == 0 or self.done == config.num_steps:
        self._log(metrics)
      if self._due(self.done):
        self.health.finish()
        self._evaluate()

  def _batches(self) -> Any:
    config, source = self.config, self.parts.source
    _LOG.info(
      '%d training chunks, %d validation chunks.',
      len(source),
      len(self.parts.held_out),
    )
    return dataset.make_dataset(
      source,
      self.parts.family.examples,
      self.parts.family.options,
      batch_size=config.batch_size,
      seed=config.seed,
      start_step=self.done,
      process_index=jax.process_index(),
      process_count=jax.process_count(),
      num_threads=config.data.num_threads,
      repeats=balance.repeats(
        balance.speakers(source), config.data.balance_speakers
      ),
    )

  def _due(self, step: int) -> bool:
    """Whether an evaluation follows this step."""
    last = step == self.config.num_steps
    return step > 0 and (step % self.config.eval_every == 0 or last)

  def _log(self, metrics: dict[str, Any]) -> None:
    metrics = jax.device_get(metrics) | self.clock.read()
    row = {
      k if '/' in k else f'train/{k}': float(v) for k, v in metrics.items()
    }
    for name, options in self.parts.family.optimizers.items():
      schedule = optimizer.learning_rate(options, self.config.num_steps)
      # A skipped step is none to the optimizer.
      taken = self.done - 1 - int(metrics['skipped_steps'])
      row[f'train/{name}_learning_rate'] = float(schedule(max(taken, 0)))
    # What a skipped step gave is no number, and JSON has no others.
    row = {k: v for k, v in row.items() if np.isfinite(v)}
    with self.clock.part('logging'):
      self.writer.write(self.done, row)
    self.progress.show(row)

  def _evaluate(self) -> None:
    """Judges, shows, adapts loss weights, saves a checkpoint."""
    step = self.done
    jax.block_until_ready(self.state)  # Steps under way are no evaluation.
    with self.clock.part('evaluating'), self.progress.doing('evaluating'):
      metrics = self._judge()
      self.writer.write(step, {f'val/{k}': v for k, v in metrics.items()})
    weights = {k: float(v) for k, v in self.state.loss_weights.items()}
    new_weights = self.parts.family.task.next_weights(weights, metrics)
    if new_weights != weights:
      _LOG.info('Loss weights from step %d on: %s', step, new_weights)
      self.state = train_step.set_loss_weights(self.state, new_weights)
    self._save(metrics)

  def _judge(self) -> dict[str, float]:
    state = self.state
    params = train_step.eval_params(state)
    metrics = self.validation.metrics(
      params, state.model_state, state.loss_weights
    )
    best = self.config.best_metric
    if best and best not in metrics:
      raise ValueError(
        f'best_metric={best!r} is none of what the validation measures: '
        f'{", ".join(sorted(metrics))}.'
      )
    picture = self.validation.picture(params, state.model_state)
    if picture is not None:
      self.writer.write_images(self.done, {'samples': picture})
    if (clip := self.validation.sample()) is not None:
      self.writer.write_video(self.done, 'clip', *clip)
    return metrics

  def _save(self, metrics: dict[str, float] | None = None) -> None:
    with self.clock.part('saving'), self.progress.doing('saving'):
      self.writer.sync()  # A checkpoint counts on the rows before it.
      self.checkpointer.save(self.done, self.state, metrics)
      self.folder.tell(step=self.done, seconds=self.clock.seconds())

  def _save_before(self, step: int) -> None:
    """Saves the state before `step`, unless a later one, no other, is there."""
    if (self.checkpointer.latest_step() or -1) < step:
      self.checkpointer.save(step, train_state.before(self.state, step))

  def close(self) -> None:
    try:
      self.checkpointer.close()
    finally:
      self.writer.close(failed=self.done < self.config.num_steps)
