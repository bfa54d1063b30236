"""Programs of a config, lowered for a TPU on whatever machine this is.

Nothing is allocated, compiled or read: neither data nor a trained expert has to
be there.
"""

import functools
from typing import Any, NamedTuple

import jax
import numpy as np

from input_pipeline import clip_words, dataset, records
from input_pipeline import labels as labels_lib
from lipsync_jax import (
  networks,
  optimizer,
  sharding,
  specs,
  task_config,
  train_state,
  train_step,
)
from lipsync_jax.models import lip_reader, target_platform
from lipsync_jax.training import guard

PLATFORM = 'tpu'
BATCH = 'batch'  # the argument of every program that examples come in by


class Step(NamedTuple):
  """A training step of one chip, and the bytes of its gradients."""

  lowered: jax.stages.Lowered
  gradient_bytes: int


def training(config: Any, *, batch_size: int) -> Step:
  """The training step of one chip that gets `batch_size` examples.

  Raises:
    ValueError: a name in the config is unknown, or a task takes no batch of
      this size.
  """
  labels = _labels() if config.data.examples == 'lip_reading' else None
  described = specs.from_config(config, labels)
  built = {name: networks.make(spec) for name, spec in described.items()}
  task = task_config.make_task(config, built, specs.pretrained(config), labels)
  batch = _batch(config, task_config.example_options(config, built, labels))
  batch = {
    name: jax.ShapeDtypeStruct((batch_size, *x.shape[1:]), x.dtype)
    for name, x in batch.items()
  }
  tx = optimizer.make_optimizer(
    task_config.optimizers(config, task),
    frozen=task.frozen,
    num_steps=config.num_steps,
  )
  watch = guard.make(config.guard.to_dict(), pretrained=True)

  def create(batch):
    params, model_state = task.init(jax.random.key(config.seed), batch)
    return train_state.create(
      params,
      model_state,
      tx,
      loss_weights=task.initial_weights(),
      ema_networks=tuple(config.ema.networks),
      control=watch.initial() if watch else {},
    )

  step = train_step.make_train_step(
    task,
    tx,
    sharding.make_sharding(1),
    seed=config.seed,
    ema_decay=config.ema.decay,
    remat=config.remat,
    accumulate=config.accumulate,
    max_bad_steps=config.max_bad_steps,
  )
  state = jax.eval_shape(create, batch)
  trained = [v for k, v in state.params.items() if k not in task.frozen]
  gradients = sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(trained))
  return Step(lower(step, state, batch), gradients)


def forward(
  name: str, described: dict[str, networks.Spec]
) -> jax.stages.Lowered:
  """One network at one example, as it is used, not trained."""
  network = networks.make(described[name])
  expert = described.get('expert')
  size = getattr(
    networks.make(expert) if expert else None, 'embedding', networks.EMBEDDING
  )
  inputs, options = networks.example(network, embedding=size)
  apply = functools.partial(network.apply, **options)

  def run(variables, batch):
    return apply(variables, *batch)

  variables = networks.variable_shapes(network, embedding=size)
  return lower(jax.jit(run), variables, inputs)


def lower(function: Any, *arguments: Any) -> jax.stages.Lowered:
  """A jitted function for a TPU, the gradients of its convolutions included."""
  with target_platform.tracing_for(PLATFORM):
    traced = function.trace(*arguments)
  return traced.lower(lowering_platforms=(PLATFORM,))


def _batch(config: Any, options: Any) -> dict[str, np.ndarray]:
  """A batch of one example, cut by the pipeline itself from a made-up clip."""
  frames = records.CHUNK_FRAMES
  picture = np.zeros((options.image_size, options.image_size, 3), np.uint8)
  rows = 16 * frames // 5 + 2 * records.MEL_CONTEXT
  clip = records.Chunk(
    frames=[records.encode_frame(picture)] * frames,
    audio=np.zeros(640 * frames + 2 * records.AUDIO_CONTEXT, np.int16),
    mel=np.zeros((rows, 80), np.float32),
    mel_context=records.MEL_CONTEXT,
    num_frames=frames,
    fps=25.0,
    clip_id='made-up',
    speaker='nobody',
    start_frame=0,
    box=np.zeros((frames, 3), np.float32),
  )
  found = dataset.evaluation_batches(
    [records.encode(clip)], config.data.examples, options, batch_size=1
  )
  return {name: x[0] for name, x in next(iter(found)).rows.items()}


def _labels() -> labels_lib.Labels:
  """GRID's slots, its words by number."""
  counts = lip_reader.Reader.num_classes
  vocabulary = tuple(tuple(f'{k:02d}' for k in range(n)) for n in counts)
  return labels_lib.Labels(
    words=lambda clip_id: tuple(words[0] for words in vocabulary),
    slots=tuple(clip_words.GRID),
    vocabulary=vocabulary,
    chance=tuple(1 / n for n in counts),
  )
