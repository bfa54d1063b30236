"""A config turned into objects: networks, task, examples, optimizers.

Configs are read here, in `task_config` and in `train` only; everything below
takes arguments.
"""

import dataclasses
import json
import pathlib
from typing import Any

import jax
import optax

from input_pipeline import augment, windows
from lipsync_jax import (
  checkpoint,
  networks,
  optimizer,
  provenance,
  task_config,
  taught,
  train_state,
)
from lipsync_jax import footage as footage_lib
from lipsync_jax import pretrained as pretrained_lib
from lipsync_jax import specs as specs_lib
from lipsync_jax.tasks import base
from lipsync_jax.training import guard as guard_lib


@dataclasses.dataclass(frozen=True)
class Family:
  """What `train` needs to know of a model family."""

  task: base.Task
  specs: dict[str, networks.Spec]
  examples: str  # kind of example, see input_pipeline.dataset
  options: windows.Options
  optimizers: dict[str, optimizer.OptimizerOptions]
  pretrained: dict[str, str]  # network -> workdir of the run that made it
  guard: guard_lib.Guard | None
  config: Any
  footage: footage_lib.Footage

  @property
  def evaluation_options(self) -> windows.Options:
    """How validation examples are cut: nothing changed, pairs of both kinds.

    An expert that learns pairs from one window of a clip is judged on two, one
    of them with a false sound.
    """
    return dataclasses.replace(
      self.options,
      augmentation=augment.NONE,
      windows_per_clip=max(self.options.windows_per_clip, 2),
    )

  def description(self) -> dict[str, Any]:
    """What a checkpoint says of itself; JSON-able."""
    directory = pathlib.Path(self.config.data.directory)
    metadata = directory / 'metadata.json'
    data = json.loads(metadata.read_text()) if metadata.exists() else {}
    # What other runs trained brings its licences along.
    runs = dict.fromkeys(self.pretrained.values())
    theirs = [checkpoint.describe(run).get('data', {}) for run in runs]
    return {
      'task': self.config.task,
      'networks': self.specs,
      'image_size': self.options.image_size,
      'reference_alignment': self.options.reference_alignment,
      # How an expert was trained; None for other networks.
      'objective': getattr(self.task, 'objective', None),
      # And the one a generator was taught by, which goes on with it.
      **self._heard(),
      # What classes of words mean, and how often the likeliest is said.
      'labels': self.options.labels and self.options.labels.description(),
      # Crop convention and licences of the footage travel with the weights.
      'data': data | {'licences': provenance.all_licences([data, *theirs])},
      'config': json.loads(self.config.to_json_best_effort()),
    }

  def _heard(self) -> dict[str, Any]:
    if not ('generator' in self.specs and 'expert' in self.pretrained):
      return {}
    return taught.training(self.pretrained['expert'])

  def create_state(
    self, tx: optax.GradientTransformation, example: Any, sharding: Any
  ) -> train_state.TrainState:
    """A state at step 0, with the networks that other runs trained put in.

    Args:
      tx: the optimizer.
      example: a batch, for its shapes.
      sharding: where the state goes.
    """
    config = self.config

    def create():
      params, model_state = self.task.init(jax.random.key(config.seed), example)
      return train_state.create(
        params,
        model_state,
        tx,
        loss_weights=self.task.initial_weights(),
        ema_networks=tuple(config.ema.networks),
        control=self.guard.initial() if self.guard else {},
      )

    # Runs once, so a CPU need not optimise it: compiled in 3 s instead of 15 s,
    # and the numbers differ by rounding alone.
    on_cpu = jax.default_backend() == 'cpu'
    state = jax.jit(
      create,
      out_shardings=sharding,
      compiler_options={'xla_backend_optimization_level': 0} if on_cpu else {},
    )()
    return pretrained_lib.load(state, self.pretrained, sharding)


def build(config: Any) -> Family:
  """Builds everything a config names.

  Raises:
    ValueError: a name is unknown, or a pretrained network does not fit.
  """
  data = config.data
  footage = footage_lib.Footage(data)
  labels = footage.labels
  specs = specs_lib.from_config(config, labels)
  pretrained = specs_lib.pretrained(config)
  built = {name: networks.make(spec) for name, spec in specs.items()}
  task = task_config.make_task(config, built, pretrained, labels)
  if task.frozen and 'expert' not in pretrained:
    raise ValueError(
      f'{config.task} listens to a trained expert: train one with '
      'configs/expert.py and give --config.pretrained.expert=ITS_WORKDIR.'
    )
  # An expert's temperature lives beside it, where it has one.
  if 'temperature' in task.frozen or (
    'temperature' in task.trained
    and 'expert' in pretrained
    and taught.is_multiway(pretrained['expert'])
  ):
    pretrained['temperature'] = pretrained['expert']
  return Family(
    task=task,
    specs=specs,
    examples=data.examples,
    options=task_config.example_options(config, built, labels),
    optimizers=task_config.optimizers(config, task),
    pretrained=pretrained,
    guard=guard_lib.make(
      config.guard.to_dict(), pretrained='generator' in pretrained
    ),
    config=config,
    footage=footage,
  )
