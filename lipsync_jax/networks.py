"""Networks by description: how a config, or a checkpoint, names one."""

import dataclasses
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from lipsync_jax import checkpoint, modules

Spec = dict[str, Any]  # {'module': 'wav2lip.Generator', **fields}


def make(spec: Spec) -> nn.Module:
  """The network of a spec, e.g. {'module': 'wav2lip.Generator', 'width': 4}.

  Modules are those of lipsync_jax/models, or any that Python finds.

  Raises:
    ValueError: there is no such module or network.
  """
  fields = dict(spec)
  network = _class(fields.pop('module'))
  dtype = fields.get('dtype', 'float32')
  if dtype not in ('float32', 'bfloat16', 'float64'):
    raise ValueError(f"dtype {dtype!r} is neither 'float32' nor 'bfloat16'.")
  fields['dtype'] = jnp.dtype(dtype)
  return network(**fields)


def complete(spec: Spec, shared: dict[str, Any]) -> Spec:
  """The spec, with those of the run's shared values that the network takes."""
  taken = {field.name for field in dataclasses.fields(_class(spec['module']))}
  return spec | {k: v for k, v in shared.items() if k in taken}


def load(
  workdir: str, name: str
) -> tuple[nn.Module, dict[str, Any], dict[str, Any]]:
  """A trained network of a run, ready to apply.

  Returns:
    The network, its variables, the checkpoint's description.

  Raises:
    checkpoint.CheckpointError: there is none.
  """
  variables, description = checkpoint.load_network(workdir, name)
  return make(description['networks'][name]), variables, description


def _class(where: str) -> type[nn.Module]:
  module, _, name = where.rpartition('.')
  network = getattr(modules.find('lipsync_jax.models', module), name, None)
  # A checkpoint names its networks: nothing else may be called in this way.
  if not (isinstance(network, type) and issubclass(network, nn.Module)):
    raise ValueError(f'{where!r} is no network; write module.Class.')
  return network
