"""StableHLO as JAX serializes it: for CPU, CUDA GPUs and TPU, any batch size.

Read with `jax.export.deserialize(bytearray(...)).call(...)`; JAX keeps files
readable by later releases for at least six months.
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
  lower = export.export(jax.jit(program.function), platforms=_PLATFORMS)
  path.write_bytes(lower(*program.shapes(batch)).serialize())


def run(
  path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
  """Loads the file and calls it; arguments go by their order."""
  loaded = export.deserialize(bytearray(path.read_bytes()))
  results = loaded.call(*arrays.values())
  return {str(i): np.asarray(array) for i, array in enumerate(results)}
