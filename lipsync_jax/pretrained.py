"""Networks that other runs trained, taken over by this one."""

import logging
import pathlib
from collections.abc import Mapping
from typing import Any

import jax

from input_pipeline import labels as labels_lib
from lipsync_jax import checkpoint, networks, train_state
from lipsync_jax import sharding as sharding_lib

_LOG = logging.getLogger(__name__)


def load(
  state: train_state.TrainState, pretrained: Mapping[str, str], sharding: Any
) -> train_state.TrainState:
  """Puts in the networks that other runs trained.

  Of a network that `state` holds in part (one tower of an expert), that part.

  Raises:
    checkpoint.CheckpointError: a network is missing there or has another
      shape.
  """
  params, model_state = dict(state.params), dict(state.model_state)
  averages = dict(state.ema_params)
  for name, workdir in pretrained.items():
    variables, _ = checkpoint.load_network(workdir, name)
    loaded = _part(variables.pop('params'), params[name])
    variables = {
      kind: _part(values, model_state[name][kind])
      for kind, values in variables.items()
    }
    _check_shapes(params[name], loaded, f'{name} of {workdir}')
    params[name] = sharding_lib.put_replicated(loaded, sharding)
    if variables:
      model_state[name] = sharding_lib.put_replicated(variables, sharding)
    if name in averages:
      averages[name] = sharding_lib.put_replicated(loaded, sharding)
  return state.replace(
    params=params, model_state=model_state, ema_params=averages
  )


def at_hand(config: Any, workdir: pathlib.Path) -> Any:
  """The config with what is no longer there taken from the run itself.

  A checkpoint is complete: a run that is moved to another machine goes on there
  without the runs it began with.

  Args:
    config: of the run, which is not changed.
    workdir: of the run.
  """
  config = config.copy_and_resolve_references()
  if not checkpoint.exists(workdir):
    return config
  for name, run in config.pretrained.items():
    if run and not checkpoint.exists(run):
      _LOG.info('%s is not there: this run has its %s.', run, name)
      config.pretrained[name] = str(workdir)
  return config


def stored_spec(
  name: str,
  workdir: str,
  config: Any,
  labels: labels_lib.Labels | None = None,
) -> networks.Spec:
  """The spec a network was trained with; this run's dtype.

  Raises:
    ValueError: it is not there, is for pictures of another size, was trained
      with another alignment of sound, or learnt other classes than `labels`.
  """
  description = checkpoint.describe(workdir)
  if name not in description['networks']:
    raise ValueError(
      f'{workdir} holds the networks {sorted(description["networks"])}, not '
      f'{name!r}.'
    )
  spec = description['networks'][name]
  wanted = config.networks[name].module
  # Any expert serves who listens; who draws or judges differs in its inputs.
  if name != 'expert' and spec['module'] != wanted:
    raise ValueError(
      f'The {name} of {workdir} is {spec["module"]}, this config has {wanted}.'
    )
  # Pictures are resized for an expert of another size (tasks/sync_term.py).
  size = spec.get('image_size', config.image_size)
  resized = name == 'expert' and config.task != 'expert'
  if not resized and size != config.image_size:
    raise ValueError(
      f'The {name} of {workdir} was trained for {size} px and '
      f'this config has image_size={config.image_size}. Give '
      f'--config.image_size={size}, or train one that fits.'
    )
  aligned = description.get('reference_alignment', False)
  if name == 'generator' and aligned != config.data.reference_alignment:
    raise ValueError(
      f'The generator of {workdir} was trained with '
      f'data.reference_alignment={aligned}, and its mouths are one frame off '
      f'otherwise: add --config.data.reference_alignment={aligned}.'
    )
  known = (description.get('labels') or {}).get('vocabulary')
  if labels and known and known != labels.description()['vocabulary']:
    raise ValueError(
      f'The {name} of {workdir} has learnt other words than those of this '
      f'training split. Train one afresh: leave --config.pretrained.{name} out.'
    )
  return spec | {'dtype': config.dtype}


def _part(loaded: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
  return {name: value for name, value in loaded.items() if name in wanted}


def _check_shapes(expected: Any, loaded: Any, what: str) -> None:
  def shapes(tree):
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(k): v.shape for k, v in leaves}

  wrong = dict(shapes(expected).items() ^ shapes(loaded).items())
  if wrong:
    raise checkpoint.CheckpointError(
      f'The {what} does not fit: {sorted(wrong)[:5]} differ.'
    )
