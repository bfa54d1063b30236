"""A run at work: steps, rows, evaluations, checkpoints."""

import functools
import logging
import math
import signal
from typing import Any

import jax

from lipsync_jax import meter, metric_writer, train_state, train_step
from lipsync_jax.training import (
  agreement,
  diagnosis,
  health,
  hosts,
  interruption,
  opening,
  profiling,
  progress,
  rows,
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
    self.validation = opening.validation(
      config,
      parts,
      # Several hosts stop between steps only.
      between=lambda: hosts.several() or wish.check(self.done),
    )
    self.tx, self.train_step = opening.train_step(config, parts)
    self.state = ours.create_state(
      self.tx, self.validation.example(), parts.sharding.replicated
    )
    self.checkpointer = opening.checkpointer(config, ours, folder.path)
    newest = self.checkpointer.latest_step()
    agreement.same({'newest checkpoint': newest})
    if newest is not None:
      self.state = train_state.hopeful(
        self.checkpointer.restore(self.state), config.max_bad_steps
      )
    self.done = int(self.state.step)
    folder.tell(step=self.done)
    self.writer = opening.writer(config, folder.path, self.checkpointer)
    self.clock = meter.Meter(config.batch_size)
    self.plateau = diagnosis.Plateau.of_run(
      config, ours.task, metric_writer.read(folder.path / 'metrics.jsonl')
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
      except (interruption.Stopped, rows.UnknownMetricError):
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
      steps=config.num_steps - self.done,
    )
    for step in range(self.done, config.num_steps):
      self._stop_if_asked()
      with profile.step(step):
        with self.clock.waiting(self.state.step), profile.part('data'):
          examples = next(batches)
        with profile.part('copy') as settled:
          batch = settled(self.parts.sharding.put_batch(examples))
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
    row = rows.of_step(
      jax.device_get(metrics) | waits.of_hosts(self.clock.read()),
      optimizers=self.parts.family.optimizers,
      step=self.done,
      num_steps=self.config.num_steps,
      damaged=len(self.parts.family.footage.damage),
    )
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
      metrics = rows.of_evaluation(
        self.validation,
        self.state,
        self.writer,
        step=self.done,
        best_metric=self.config.best_metric,
      )
      told = {f'val/{k}': v for k, v in metrics.items()}
      if guard := self.parts.family.guard:
        control = guard.judge(jax.device_get(self.state.control), metrics)
        self.state = train_step.set_control(self.state, control)
        told |= {f'guard/{k}': v for k, v in control.items()}
      self.writer.write(self.done, rows.finite(told))
    weights = {k: float(v) for k, v in self.state.loss_weights.items()}
    new_weights = self.parts.family.task.next_weights(weights, metrics)
    if new_weights != weights:
      _LOG.info('Loss weights from step %d on: %s', self.done, new_weights)
      self.state = train_step.set_loss_weights(self.state, new_weights)
    if told.get('guard/falls'):
      # Sharper, perhaps, but not the best: sync has fallen.
      metrics = metrics | {self.config.best_metric: math.nan}
    self._save(metrics)

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

  def __enter__(self) -> 'Run':
    return self

  def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
    """Waits for what is being written."""
    try:
      self.checkpointer.close()
    except OSError as failure:
      if not isinstance(error, health.TooManyBadSteps):
        raise
      _LOG.error('%s', failure)  # It must not hide why the run ended.
    finally:
      self.writer.close(failed=not self.finished)
