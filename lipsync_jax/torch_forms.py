"""The other forms in which a network of `torch_networks` was published."""

import re
from collections.abc import Mapping

import numpy as np

# Of LPIPS: as AlexNet in torchvision's file, and in the module.
_LPIPS_SLICES = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
# What a module of LPIPS has besides: its linear layers again, and constants.
# torchvision's AlexNet has its classes besides.
_LPIPS_SPARE = ('lins.', 'scaling_layer.', 'classifier.')


def usual(state_dict: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """The state_dict as `torch_networks` knows it; others are left as they are.

  LPIPS comes as the state_dict of a module (`lpips.LPIPS(net='alex')`), or as
  those of two files in one: torchvision's alexnet-owt-7be5be79.pth and the
  package's weights/v0.1/alex.pth. What a module has twice, and its constants,
  are dropped, so it loads what goes back with strict=False, as it does its own.

  Args:
    state_dict: arrays by PyTorch name.
  """
  if 'lin0.model.1.weight' not in state_dict:
    return dict(state_dict)
  return {
    re.sub(r'^features\.(\d+)\.', _slice, key): value
    for key, value in state_dict.items()
    if not key.startswith(_LPIPS_SPARE)
  }


def _slice(match: re.Match) -> str:
  index = int(match[1])
  return f'net.slice{_LPIPS_SLICES.get(index, "?")}.{index}.'
