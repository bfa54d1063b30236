"""A process with some virtual devices, which runs the training step on them.

How many there are must be said before JAX is first used, so each number of
devices has a process of its own.
"""

import dataclasses
import math
import time

import jax
import numpy as np

from lipsync_jax import networks, optimizer, sharding, train_state, train_step
from lipsync_jax.tasks import expert, wav2lip
from tools import collectives

_WINDOWS = 4  # of every clip, for the expert
_FRAMES = 5


@dataclasses.dataclass(frozen=True)
class Job:
  """What is run: `batch` examples on each of `devices`."""

  task: str
  devices: int
  batch: int
  width: int
  image_size: int
  steps: int


@dataclasses.dataclass(frozen=True)
class Program:
  """What the compiled step does, on each device.

  Attributes:
    gflop: operations, by XLA's count.
    reduced: MB that a step's all-reduces carry.
    others: MB of all other collectives.
    operations: collectives of a step.
  """

  gflop: float
  reduced: float
  others: float
  operations: int


def serve(pipe, job: Job) -> None:
  """Tells the program, then seconds a step whenever anything is received."""
  jax.config.update('jax_platforms', 'cpu')
  jax.config.update('jax_num_cpu_devices', job.devices)
  step, state, batch, program = _compile(job)
  state, _ = step(state, batch)
  jax.block_until_ready(state)
  pipe.send(program)
  while pipe.recv():
    start = time.perf_counter()
    for _ in range(job.steps):
      state, _ = step(state, batch)
    jax.block_until_ready(state)
    pipe.send((time.perf_counter() - start) / job.steps)


def _compile(job: Job):
  task, batch = _make(job)
  where = sharding.make_sharding(job.devices)
  options = optimizer.OptimizerOptions(learning_rate=1e-4)
  tx = optimizer.make_optimizer(
    dict.fromkeys(task.trained, options), frozen=task.frozen, num_steps=1
  )

  def create():
    params, model_state = task.init(jax.random.key(0), batch)
    weights = {'sync': 0.03}
    return train_state.create(params, model_state, tx, loss_weights=weights)

  state = jax.jit(
    create,
    out_shardings=where.replicated,
    compiler_options={'xla_backend_optimization_level': 0},  # it runs once
  )()
  put = where.put_batch(batch)
  step = train_step.make_train_step(task, tx, where, seed=0)
  step = step.lower(state, put).compile()
  moved = {
    kind: 4 * sum(math.prod(shape) for shape in shapes) / 1e6
    for kind, shapes in collectives.moved(step.as_text()).items()
  }
  reduced = moved.pop('all-reduce', 0.0)
  program = Program(
    gflop=step.cost_analysis()['flops'] / 1e9,
    reduced=reduced,
    others=sum(moved.values()),
    operations=collectives.count(step.as_text()),
  )
  return step, state, put, program


def _make(job: Job):
  """A task and a batch of noise for all devices."""
  b, size = job.batch * job.devices, job.image_size
  rng = np.random.default_rng(0)

  def network(module):
    return networks.make(
      {'module': module, 'width': job.width, 'image_size': size}
    )

  def pictures(*shape):
    return rng.integers(0, 256, (b, *shape, size, size, 3), np.uint8)

  def sound(*shape):
    return rng.standard_normal((b, *shape, 80, 16, 1), np.float32)

  if job.task == 'expert':
    return expert.Task(network('expert.Expert')), {
      'frames': pictures(_WINDOWS, _FRAMES),
      'sound': sound(_WINDOWS),
      'false_sound': sound(_WINDOWS),
      'start': np.tile(np.arange(_WINDOWS, dtype=np.int32) * 10, (b, 1)),
      'clip': np.arange(b, dtype=np.int32),
    }
  task = wav2lip.Task(
    generator=network('wav2lip.Generator'),
    expert=network('expert.Expert'),
    sync_loss='cosine_bce',
  )
  return task, {
    'frames': pictures(_FRAMES),
    'reference': pictures(_FRAMES),
    'frame_sounds': sound(_FRAMES),
    'sound': sound(),
  }
