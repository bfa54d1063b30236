"""What a config says of its task: losses, optimizers, how examples are cut."""

from collections.abc import Mapping
from typing import Any

from input_pipeline import augment, windows
from input_pipeline import labels as labels_lib
from lipsync_jax import modules, optimizer, taught
from lipsync_jax.tasks import base


def make_task(
  config: Any,
  built: Mapping[str, Any],
  pretrained: Mapping[str, str],
  labels: labels_lib.Labels | None = None,
) -> base.Task:
  """The task of a config.

  Args:
    config: see configs/common.py.
    built: networks by name.
    pretrained: workdirs of the runs that trained them, where there are such.
    labels: what clips say, for a task that learns it.

  Raises:
    ValueError: a name is unknown, or an optimizer is missing.
  """
  module = modules.find('lipsync_jax.tasks', config.task)
  numbers = config.loss.to_dict()
  if numbers.get('sync_loss') == 'auto':
    numbers |= taught.sync_term(pretrained.get('expert'))
  if labels:
    numbers |= {'slots': labels.slots, 'chance': labels.chance}
  task = module.Task(**built, **numbers)
  if lacking := set(task.trained) - set(config.optimizer):
    raise ValueError(f'config.optimizer lacks {", ".join(sorted(lacking))}.')
  return task


def optimizers(
  config: Any, task: base.Task
) -> dict[str, optimizer.OptimizerOptions]:
  """Options by name of trained network."""
  return {
    name: optimizer.OptimizerOptions(**options)
    for name, options in config.optimizer.items()
    if name in task.trained
  }


def example_options(
  config: Any,
  built: Mapping[str, Any],
  labels: labels_lib.Labels | None = None,
) -> windows.Options:
  """How examples are cut: the config's numbers, and what networks take."""
  data = config.data
  heard = {}
  if expert := built.get('expert'):
    heard['sound'] = expert.sound
  if generator := built.get('generator'):
    heard['frame_sound'] = generator.sound
    # One still for every frame, or several for all of them.
    heard['stills'] = generator.stills if generator.stills > 1 else 0
  return windows.Options(
    image_size=config.image_size,
    augmentation=augment.Augmentation(**data.augmentation),
    reference_alignment=data.reference_alignment,
    windows_per_clip=data.windows_per_clip,
    other_clip=data.other_clip,
    max_shift=data.max_shift,
    labels=labels,
    clip_frames=data.clip_frames,
    **heard,
  )
