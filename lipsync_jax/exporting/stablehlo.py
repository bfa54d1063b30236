"""StableHLO as JAX serializes it: for CPU, CUDA GPUs and TPU, any batch size.

Read with `jax.export.deserialize(bytearray(content)).call(sound=..., ...)`. JAX
keeps files readable for later releases for at least six months.
"""

import pathlib

import jax
import numpy as np
from jax import export

from lipsync_jax.exporting import program as program_lib

_PLATFORMS = ('cpu', 'cuda', 'tpu')


def write(program: program_lib.Program, path: pathlib.Path) -> None:
  """Writes the file."""
  (batch,) = export.symbolic_shape('batch')
  lower = export.export(jax.jit(program.named), platforms=_PLATFORMS)
  names = [tensor.name for tensor in program.inputs]
  shapes = dict(zip(names, program.shapes(batch), strict=True))
  path.write_bytes(lower(**shapes).serialize())


def run(
  path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
  """Loads the file and calls it."""
  loaded = export.deserialize(bytearray(path.read_bytes()))
  return jax.device_get(loaded.call(**arrays))
