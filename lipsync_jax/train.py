"""One training run from start to end."""

import logging
import pathlib
from typing import Any

import jax
import numpy as np
import tqdm

from input_pipeline import balance, dataset
from lipsync_jax import (
  checkpoint,
  family,
  meter,
  metric_writer,
  optimizer,
  sharding,
  train_state,
  train_step,
  validate,
)
from lipsync_jax.training import accumulation, health

_LOG = logging.getLogger(__name__)


def train_and_evaluate(config: Any, workdir: str) -> train_state.TrainState:
  """Trains until `config.num_steps`, from where `workdir` left off.

  Where the parameters come from, in this order: the newest checkpoint in
  `workdir`; else the networks of `config.pretrained`; else the seed.

  Args:
    config: an ml_collections.ConfigDict, see configs/common.py.
    workdir: checkpoints/, metrics.jsonl, samples/ and config.json go here.

  Returns:
    The final state.

  Raises:
    FileNotFoundError: there is no such data.
    ValueError: a field does not fit the data, the devices or a checkpoint.
    FloatingPointError: too many steps in a row were not finite; a state of
      before the first of them is saved.
  """
  folder = pathlib.Path(workdir)
  run = _Run(config, folder)
  (folder / 'config.json').write_text(config.to_json_best_effort(indent=2))
  try:
    return run.loop()
  finally:
    run.close()


class _Run:
  """The objects of a run, built in the order they need each other."""

  def __init__(self, config: Any, folder: pathlib.Path):
    self.config = config
    self.sharding = sharding.make_sharding(config.num_devices or None)
    devices = self.sharding.mesh.size
    accumulation.check(
      config.batch_size, devices=devices, accumulate=config.accumulate
    )
    data = config.data
    if not data.directory:
      raise ValueError(
        'Give --config.data.directory, a folder that tools.prepare wrote.'
      )
    self.family = family.build(config)
    self.source = self.family.source(data.train_split)
    self.validation = validate.Validation(
      self.family,
      self.family.source(data.validation_split),
      self.sharding,
      batch_size=config.batch_size,
      num_batches=config.eval_batches,
    )
    task = self.family.task
    self.tx = optimizer.make_optimizer(
      self.family.optimizers, frozen=task.frozen, num_steps=config.num_steps
    )
    state = self.family.create_state(
      self.tx, self.validation.example(), self.sharding.replicated
    )
    self.checkpointer = checkpoint.Checkpointer(
      folder,
      self.family.description(),
      best_metric=config.best_metric,
      best_mode=config.best_mode,
    )
    if self.checkpointer.latest_step() is not None:
      state = self.checkpointer.restore(state)
    self.state = state
    self.start_step = int(state.step)
    self.writer = metric_writer.MetricWriter(
      folder,
      start_step=self.start_step,
      config=config.to_dict(),
      wandb_mode=config.wandb.mode,
      wandb_project=config.wandb.project,
    )
    self.train_step = train_step.make_train_step(
      task,
      self.tx,
      self.sharding,
      seed=config.seed,
      ema_decay=config.ema.decay,
      remat=config.remat,
      accumulate=config.accumulate,
      max_bad_steps=config.max_bad_steps,
    )
    self.health = health.Health(config.max_bad_steps)

  def loop(self) -> train_state.TrainState:
    config, state = self.config, self.state
    batches = dataset.make_dataset(
      self.source,
      self.family.examples,
      self.family.options,
      batch_size=config.batch_size,
      seed=config.seed,
      start_step=self.start_step,
      process_index=jax.process_index(),
      process_count=jax.process_count(),
      num_threads=config.data.num_threads,
      repeats=balance.repeats(
        balance.speakers(self.source), config.data.balance_speakers
      ),
    )
    _LOG.info(
      '%d training chunks, %d validation chunks.',
      len(self.source),
      len(self.validation.source),
    )
    clock = meter.Meter(config.batch_size)
    bar = tqdm.trange(
      self.start_step,
      config.num_steps,
      initial=self.start_step,
      total=config.num_steps,
      desc=config.task,
    )
    for step in bar:
      with clock.waiting(state.step):
        batch = self.sharding.put_batch(next(batches))
      state, metrics = self.train_step(state, batch)
      done = step + 1
      last = done == config.num_steps
      try:
        self.health.saw(step, metrics['skipped_in_a_row'])
        if done % config.eval_every == 0 or last:
          self.health.finish()
      except health.TooManyBadSteps as error:
        self._save_before(error.first_bad_step, state)
        raise
      if done % config.log_every == 0 or last:
        self._log(done, jax.device_get(metrics) | clock.read())
      if done % config.eval_every == 0 or last:
        state = self._evaluate(done, state)
        clock.reset()
    return state

  def _log(self, step: int, metrics: dict[str, Any]) -> None:
    row = {
      k if '/' in k else f'train/{k}': float(v) for k, v in metrics.items()
    }
    for name, options in self.family.optimizers.items():
      schedule = optimizer.learning_rate(options, self.config.num_steps)
      # A skipped step is none to the optimizer.
      taken = step - 1 - int(metrics['skipped_steps'])
      row[f'train/{name}_learning_rate'] = float(schedule(max(taken, 0)))
    # What a skipped step gave is no number, and JSON has no others.
    self.writer.write(step, {k: v for k, v in row.items() if np.isfinite(v)})

  def _save_before(self, step: int, state: train_state.TrainState) -> None:
    """Saves the state before `step`, unless a later one, no other, is there."""
    latest = self.checkpointer.latest_step()
    if latest is None or latest < step:
      self.checkpointer.save(step, train_state.before(state, step))

  def _evaluate(
    self, step: int, state: train_state.TrainState
  ) -> train_state.TrainState:
    """Judges, shows, adapts loss weights, saves a checkpoint."""
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
    self.writer.write(step, {f'val/{k}': v for k, v in metrics.items()})
    picture = self.validation.picture(params, state.model_state)
    if picture is not None:
      self.writer.write_images(step, {'samples': picture})
    weights = {k: float(v) for k, v in state.loss_weights.items()}
    new_weights = self.family.task.next_weights(weights, metrics)
    if new_weights != weights:
      _LOG.info('Loss weights from step %d on: %s', step, new_weights)
      state = train_step.set_loss_weights(state, new_weights)
    self.checkpointer.save(step, state, metrics)
    return state

  def close(self) -> None:
    self.checkpointer.close()
    self.writer.close()
