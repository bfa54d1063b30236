"""A run at work: steps, rows, evaluations, checkpoints."""

import functools
import logging
import math
import signal
from typing import Any

import jax
import numpy as np

from lipsync_jax import (
  checkpoint,
  meter,
  metric_writer,
  optimizer,
  train_state,
  train_step,
  validate,
)
from lipsync_jax.training import (
  agreement,
  diagnosis,
  health,
  hosts,
  interruption,
  profiling,
  progress,
  waits,
)
from lipsync_jax.training import folder as folder_lib
from lipsync_jax.training import parts as parts_lib

_LOG = logging.getLogger(__name__)


class Run:
  """The objects of a run, built in the order they need each other."""

  def __init__(
    self,
    config: Any,
    parts: parts_lib.Parts,
    folder: folder_lib.RunFolder,
    wish: interruption.Interruption,
  ):
    self.config, self.parts = config, parts
    self.folder, self.wish = folder, wish
    self.done, self.finished = 0, False  # steps; the whole run
    ours = parts.family
    self.validation = validate.Validation(
      ours,
      parts.held_out,
      parts.sharding,
      batch_size=config.batch_size,
      num_batches=config.eval_batches,
      # Several hosts stop between steps only.
      between=lambda: hosts.several() or wish.check(self.done),
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
    newest = self.checkpointer.latest_step()
    agreement.same({'newest checkpoint': newest})
    if newest is not None:
      self.state = train_state.hopeful(
        self.checkpointer.restore(self.state), config.max_bad_steps
      )
    self.done = int(self.state.step)
    folder.tell(step=self.done)
    self.writer: metric_writer.Writer = metric_writer.Silent()
    if hosts.first():
      self.writer = metric_writer.MetricWriter(
        folder.path,
        # A run that never saved may have left a row of its start.
        start_step=-1 if newest is None else self.done,
        evaluated=self.checkpointer.evaluated(self.done),
        config=config.to_dict(),
        tensorboard=config.tensorboard,
        wandb=config.wandb.to_dict(),
      )
    self.clock = meter.Meter(config.batch_size)
    # Readers of lips log a chance of another kind.
    learns_sync = getattr(ours.task, 'objective', None) is not None
    self.plateau = diagnosis.Plateau(
      after=config.stuck_after if learns_sync else 0
    )
    # As if it had never been stopped, and told no second time.
    for row in metric_writer.read(folder.path / 'metrics.jsonl'):
      self.plateau.is_stuck(row['step'], row)
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
    self.health = health.Health(config.max_bad_steps, parts.names)

  def loop(self) -> train_state.TrainState:
    with progress.Progress(
      self.config.task, start_step=self.done, num_steps=self.config.num_steps
    ) as self.progress:
      try:
        if self._due(self.done) and not self.checkpointer.evaluated(self.done):
          self._evaluate()  # which was broken off, or the first
        if not self._guarded_enough():
          self._train()
      except interruption.Stopped:
        self._save()
        raise
      except health.TooManyBadSteps as error:
        self._save_before(error.first_bad_step)
        raise
    self.finished = True
    return self.state

  def _train(self) -> None:
    config = self.config
    batches = self.parts.batches(self.done)
    profile = profiling.Profile(
      self.folder.path / 'profile' if config.profile else None,
      dtype=config.dtype,
    )
    for step in range(self.done, config.num_steps):
      self._stop_if_asked()
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
        if self._guarded_enough():
          return

  def _stop_if_asked(self) -> None:
    if hosts.agree_to_stop(self.done, bool(self.wish.signal)):
      self.health.finish()  # A state within a row of bad steps is not saved.
      raise interruption.Stopped(self.wish.signal or signal.SIGTERM, self.done)

  def _due(self, step: int) -> bool:
    """Whether an evaluation follows this step."""
    if step == 0:  # A guard must know what sync is not to fall from.
      return self.parts.family.guard is not None
    last = step == self.config.num_steps
    return step % self.config.eval_every == 0 or last

  def _guarded_enough(self) -> bool:
    """Whether the sync guard ends the run here."""
    guard = self.parts.family.guard
    if not guard or not guard.stops(jax.device_get(self.state.control)):
      return False
    _LOG.warning(
      'Stopped by the sync guard at step %d; the best checkpoint is step %d.',
      self.done,
      self.checkpointer.best_step(),
    )
    return True

  def _log(self, metrics: dict[str, Any]) -> None:
    metrics = jax.device_get(metrics) | waits.of_hosts(self.clock.read())
    row = {
      k if '/' in k else f'train/{k}': float(v) for k, v in metrics.items()
    }
    rate = row.get('train/guard_rate', 1.0)
    for name, options in self.parts.family.optimizers.items():
      schedule = optimizer.learning_rate(options, self.config.num_steps)
      # A skipped step is none to the optimizer.
      taken = self.done - 1 - int(metrics['skipped_steps'])
      row[f'train/{name}_learning_rate'] = rate * float(schedule(max(taken, 0)))
    if damaged := len(self.parts.family.footage.damage):
      row['data/damaged_records'] = float(damaged)
    # What a skipped step gave is no number, and JSON has no others.
    row = {k: v for k, v in row.items() if np.isfinite(v)}
    with self.clock.part('logging'):
      self.writer.write(self.done, row)
    self.progress.show(row)
    if self.plateau.is_stuck(self.done, row) and hosts.first():
      with self.clock.part('diagnosing'):
        diagnosis.raise_alarm(
          self.folder.path, self.parts.family, self.parts.source, self.state
        )

  def _evaluate(self) -> None:
    """Judges, shows, adapts loss weights, saves a checkpoint."""
    jax.block_until_ready(self.state)  # Steps under way are no evaluation.
    with self.clock.part('evaluating'), self.progress.doing('evaluating'):
      metrics = self._judge()
      told = {f'val/{k}': v for k, v in metrics.items()}
      if guard := self.parts.family.guard:
        control = guard.judge(jax.device_get(self.state.control), metrics)
        self.state = train_step.set_control(self.state, control)
        told |= {f'guard/{k}': v for k, v in control.items()}
      # JSON has no other numbers.
      told = {k: v for k, v in told.items() if np.isfinite(v)}
      self.writer.write(self.done, told)
    weights = {k: float(v) for k, v in self.state.loss_weights.items()}
    new_weights = self.parts.family.task.next_weights(weights, metrics)
    if new_weights != weights:
      _LOG.info('Loss weights from step %d on: %s', self.done, new_weights)
      self.state = train_step.set_loss_weights(self.state, new_weights)
    if told.get('guard/falls'):
      # Sharper, perhaps, but not the best: sync has fallen.
      metrics = metrics | {self.config.best_metric: math.nan}
    self._save(metrics)

  def _judge(self) -> dict[str, float]:
    state = self.state
    params = train_step.eval_params(state)
    metrics = self.validation.metrics(
      params, state.model_state, state.loss_weights
    )
    # Of one host, as they decide what all do next.
    metrics = agreement.first_says(metrics)
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
    latest = self.checkpointer.latest_step()
    if latest is None or latest < step:
      self.checkpointer.save(step, train_state.before(self.state, step))

  def close(self) -> None:
    try:
      self.checkpointer.close()
    finally:
      self.writer.close(failed=not self.finished)
