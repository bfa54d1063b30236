"""Networks that judge with weights which others published, or not at all."""

import os
from typing import Any

import jax

from lipsync_jax import checkpoint, networks

# By name in a run: the measure, and how to get its weights.
_NEEDED = {
  'inception': (
    'FID',
    'pt_inception-2015-12-05-6726825d.pth (mseitzer/pytorch-fid, release '
    'fid_weights)',
    'pt_inception-2015-12-05-6726825d.pth',
  ),
  'lpips': (
    'LPIPS',
    "alexnet-owt-7be5be79.pth (torchvision's) and weights/v0.1/alex.pth "
    '(richzhang/PerceptualSimilarity)',
    'alexnet-owt-7be5be79.pth alex.pth',
  ),
}


def load(run: str | os.PathLike, name: str) -> tuple[Any, Any, dict[str, Any]]:
  """The network, its variables on the device, its checkpoint's description.

  Args:
    run: run folder that tools.convert_checkpoint wrote.
    name: 'inception' or 'lpips'.

  Raises:
    ValueError: the run does not hold it.
  """
  try:
    network, variables, description = networks.load(os.fspath(run), name)
  except checkpoint.CheckpointError as error:
    measure, file, given = _NEEDED[name]
    raise ValueError(
      f'No {measure} without its published weights: {error} Import {file} with '
      f'python -m tools.convert_checkpoint --input {given} --output RUN.'
    ) from error
  return network, jax.device_put(variables), description
