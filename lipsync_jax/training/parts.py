"""What a config names, found and checked before anything is written."""

import functools
import logging
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from input_pipeline import balance, dataset
from lipsync_jax import family, sharding
from lipsync_jax.training import accumulation

_LOG = logging.getLogger(__name__)


class Parts:
  """Devices, networks and data of a run.

  Attributes:
    sharding: of batches over devices.
    family: networks, losses, optimizers.
    source: records to train on.
    held_out: records to judge by.

  Raises:
    FileNotFoundError: there is no such data.
    ValueError: a field does not fit the data, the devices or a checkpoint.
  """

  def __init__(self, config: Any):
    self._config, data = config, config.data
    self.sharding = sharding.make_sharding(config.num_devices or None)
    accumulation.check(
      config.batch_size,
      devices=self.sharding.mesh.size,
      accumulate=config.accumulate,
    )
    if config.max_bad_steps < 1:
      raise ValueError(
        f'max_bad_steps is {config.max_bad_steps}: 1 or more, of which the '
        'last ends the run.'
      )
    if not data.directory:
      raise ValueError(
        'Give --config.data.directory, a folder that tools.prepare wrote.'
      )
    self.family = family.build(config)
    self.source = self.family.footage.source(data.train_split)
    self.held_out = self.family.footage.source(
      data.validation_split, each_once=True
    )
    # How often an epoch shows each record.
    self.repeats = balance.repeats(
      balance.speakers(self.source), data.balance_speakers
    )

  def batches(self, start_step: int) -> Iterator[dict[str, np.ndarray]]:
    """This host's rows of the batches of `start_step` and all steps after."""
    _LOG.info(
      '%d training chunks, %d validation chunks.',
      len(self.source),
      len(self.held_out),
    )
    return dataset.make_dataset(
      self.source,
      self.family.examples,
      self.family.options,
      **self._order,
      start_step=start_step,
      process_index=jax.process_index(),
      process_count=jax.process_count(),
      num_threads=self._config.data.num_threads,
    )

  def names(self, step: int) -> list[str]:
    """The records in the batch of a step, counted from 0, of all hosts."""
    named = dataset.batch_records(self.source, step, **self._order)
    return [name for _, name in named]

  @functools.cached_property
  def _order(self) -> dict[str, Any]:
    """What decides which records a batch holds."""
    return {
      'batch_size': self._config.batch_size,
      'seed': self._config.seed,
      'repeats': self.repeats,
    }
