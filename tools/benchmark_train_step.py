"""A run of training that can be stopped after any step, to be measured."""

import pathlib
import time
from typing import Any

import jax

from lipsync_jax import meter
from lipsync_jax.training import opening
from lipsync_jax.training import parts as parts_lib


class Training:
  """The step of a config, its data pipeline and its meter, no evaluation.

  Attributes:
    flops: of a step and device, as XLA counts the compiled program.
    memory: bytes of a step and device: parameters, batch and what is between.
    first_step: seconds from nothing compiled to the end of the first step.
    waits: share of its time that each `seconds` spent waiting for data.
  """

  def __init__(self, config: Any):
    parts, step, self._state = _begin(config)
    self._put = parts.sharding.put_batch
    self._batches = parts.batches(0)
    begun = time.perf_counter()
    batch = self._put(next(self._batches))
    self._step = step.lower(self._state, batch).compile()
    self._state, _ = self._step(self._state, batch)
    jax.block_until_ready(self._state)
    self.first_step = time.perf_counter() - begun
    self.flops = self._step.cost_analysis()['flops']
    sizes = self._step.memory_analysis()
    self.memory = (
      sizes.argument_size_in_bytes
      + sizes.output_size_in_bytes
      - sizes.alias_size_in_bytes
      + sizes.temp_size_in_bytes
    )
    self.waits: list[float] = []
    self._clock = meter.Meter(config.batch_size)

  def seconds(self, steps: int) -> float:
    """Of a step: the mean over so many, data included."""
    self._clock.read()
    begun = time.perf_counter()
    for _ in range(steps):
      with self._clock.waiting(self._state.step):
        rows = next(self._batches)
      self._state, _ = self._step(self._state, self._put(rows))
    jax.block_until_ready(self._state)
    taken = time.perf_counter() - begun
    self.waits.append(self._clock.read()['time/data_wait_share'])
    return taken / steps


def write_expert(config: Any, folder: pathlib.Path) -> None:
  """A checkpoint of an untrained expert, for those who listen to one."""
  parts, _, state = _begin(config)
  saver = opening.checkpointer(config, parts.family, folder)
  saver.save(0, state)
  saver.close()


def _begin(config: Any) -> tuple[parts_lib.Parts, Any, Any]:
  """What a config names, its step, and a fresh state."""
  parts = parts_lib.Parts(config)
  validation = opening.validation(config, parts, between=lambda: None)
  tx, step = opening.train_step(config, parts)
  state = parts.family.create_state(
    tx, validation.example(), parts.sharding.replicated
  )
  return parts, step, state
