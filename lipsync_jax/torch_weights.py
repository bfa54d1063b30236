"""Published PyTorch weights as variables of our networks, and back.

Our tree is walked, and each leaf says which key of the state_dict it comes
from and in which layout, so nothing stays unread or at its initial value.
Colours are turned here, once: the originals read BGR.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flax import traverse_util

from lipsync_jax import torch_networks


def convert(
  network: str,
  state_dict: Mapping[str, np.ndarray],
  variables: Mapping[str, Any],
) -> dict[str, Any]:
  """Fills a network's variables from a PyTorch state_dict.

  Args:
    network: one of `torch_networks.NETWORKS`.
    state_dict: arrays by PyTorch name; a 'module.' before it is dropped, and
      counters of batches are passed over.
    variables: {'params': ..., 'batch_stats': ...} of the network; only shapes
      are looked at (`jax.eval_shape` of its init will do).

  Returns:
    `variables` with float32 numpy arrays.

  Raises:
    ValueError: keys are missing, unexpected or of another shape; lists all.
  """
  spec = torch_networks.NETWORKS[network]
  given = {
    key.removeprefix('module.'): np.asarray(value)
    for key, value in state_dict.items()
    if not key.endswith('num_batches_tracked')
  }
  converted, wrong = {}, []
  for path, leaf in traverse_util.flatten_dict(dict(variables)).items():
    name = '/'.join(path[1:])
    key = torch_networks.torch_key(network, name)
    if key not in given:
      wrong.append(f'missing {key}')
      continue
    value = given.pop(key)
    layout = torch_networks.layout(network, name, len(leaf.shape))
    expected = layout.torch_shape(tuple(leaf.shape))
    if value.shape != expected:
      wrong.append(f'misshapen {key}: {value.shape}, expected {expected}')
      continue
    value = _turn_colours(spec, name, layout.convert(value))
    converted[path] = np.ascontiguousarray(value, np.float32)
  wrong += [f'unexpected {key}' for key in given]
  if wrong:
    raise ValueError(
      f'These weights are not those of this {network}:\n  ' + '\n  '.join(wrong)
    )
  return traverse_util.unflatten_dict(converted)


def export(
  network: str, variables: Mapping[str, Any], *, num_batches: int = 0
) -> dict[str, np.ndarray]:
  """A network's variables as a PyTorch state_dict; undoes `convert` exactly.

  Args:
    network: one of `torch_networks.NETWORKS`.
    variables: {'params': ..., 'batch_stats': ...} of the network.
    num_batches: what PyTorch's BatchNorms are told of the batches they have
      seen, which nothing depends on at their usual momentum.

  Returns:
    Contiguous float32 arrays by PyTorch's names, and int64 scalars
    `num_batches_tracked` as a strict load_state_dict demands.
  """
  spec = torch_networks.NETWORKS[network]
  state_dict = {}
  for path, leaf in traverse_util.flatten_dict(dict(variables)).items():
    name = '/'.join(path[1:])
    key = torch_networks.torch_key(network, name)
    value = np.asarray(leaf, np.float32)
    layout = torch_networks.layout(network, name, value.ndim)
    value = layout.invert(_turn_colours(spec, name, value))
    state_dict[key] = np.ascontiguousarray(value)
    if key.endswith('running_mean'):
      counter = key.removesuffix('running_mean') + 'num_batches_tracked'
      state_dict[counter] = np.array(num_batches, np.int64)
  return state_dict


def _turn_colours(
  spec: torch_networks.Network, name: str, value: np.ndarray
) -> np.ndarray:
  """BGR <-> RGB where a kernel reads colours or a layer writes them."""
  if name == spec.colour_input:
    rows, columns, _, outputs = value.shape
    triples = value.reshape(rows, columns, -1, 3, outputs)
    value = triples[:, :, :, ::-1].reshape(value.shape)
  if spec.colour_output and name.startswith(spec.colour_output):
    value = value[..., ::-1]
  return value
