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
from lipsync_jax.training import agreement, hosts, same_run, waits

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
    FloatingPointError: a loss is not finite.
  """
  folder = pathlib.Path(workdir)
  same_run.check(config, folder)
  run = _Run(config, folder)
  if hosts.first():
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
    if config.batch_size % devices:
      raise ValueError(
        f'batch_size={config.batch_size} must be divisible by the {devices} '
        'devices.'
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
    agreement.same({'newest checkpoint': self.checkpointer.latest_step()})
    if self.checkpointer.latest_step() is not None:
      state = self.checkpointer.restore(state)
    self.state = state
    self.start_step = int(state.step)
    make_writer = metric_writer.MetricWriter if hosts.first() else hosts.Silent
    self.writer = make_writer(
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
    )

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
      disable=not hosts.first(),
    )
    for step in bar:
      with clock.waiting(state.step):
        batch = self.sharding.put_batch(next(batches))
      state, metrics = self.train_step(state, batch)
      done = step + 1
      last = done == config.num_steps
      if done % config.log_every == 0 or last:
        self._log(done, jax.device_get(metrics) | waits.of_hosts(clock.read()))
      if done % config.eval_every == 0 or last:
        state = self._evaluate(done, state)
        clock.reset()
      if hosts.agree_to_stop(done, False):
        self.checkpointer.save(done, state)
        raise SystemExit(143)
    return state

  def _log(self, step: int, metrics: dict[str, Any]) -> None:
    row = {
      k if '/' in k else f'train/{k}': float(v) for k, v in metrics.items()
    }
    for name, options in self.family.optimizers.items():
      schedule = optimizer.learning_rate(options, self.config.num_steps)
      row[f'train/{name}_learning_rate'] = float(schedule(step - 1))
    self.writer.write(step, row)
    broken = [k for k, v in row.items() if not np.isfinite(v)]
    if broken:
      raise FloatingPointError(
        f'{", ".join(broken)} not finite at step {step} (first seen in the '
        f'last {self.config.log_every} steps). The last checkpoint is intact; '
        'lower the learning rate or set optimizer clip_norm.'
      )

  def _evaluate(
    self, step: int, state: train_state.TrainState
  ) -> train_state.TrainState:
    """Judges, shows, adapts loss weights, saves a checkpoint."""
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
