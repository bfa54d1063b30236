"""ONNX, any batch size, written from the function's own program.

jax2onnx is not used: its releases since 0.14 cannot be installed beside
today's Orbax, and those that can (as 0.17 without its dependencies) write
graphs of the Wav2Lip generator that ONNX Runtime refuses to load.
"""

import pathlib
from collections.abc import Callable

import jax
import numpy as np
from jax import export
from jax.extend import core

from lipsync_jax.exporting import onnx_graph, onnx_operations, plain
from lipsync_jax.exporting import program as program_lib


def write(program: program_lib.Program, path: pathlib.Path) -> None:
  """Writes the file; inputs and outputs have the program's names.

  Raises:
    ModuleNotFoundError: onnx is not installed.
    ValueError: the network has an operation that we cannot write.
  """
  (batch,) = export.symbolic_shape('batch')
  function = jax.jit(plain.plain(program.function))
  traced = function.trace(*program.shapes(batch)).jaxpr
  graph = onnx_graph.Graph()
  values = dict(zip(traced.jaxpr.constvars, traced.consts, strict=True))
  for variable, tensor in zip(traced.jaxpr.invars, program.inputs, strict=True):
    values[variable] = graph.add_input(tensor.name, tensor.shape, tensor.dtype)

  def read(variable):
    if isinstance(variable, core.Literal):
      return np.asarray(variable.val, variable.aval.dtype)
    value = values[variable]
    return value if isinstance(value, str) else np.asarray(value)

  for equation in traced.jaxpr.eqns:
    name = equation.primitive.name
    if name not in onnx_operations.OPERATIONS:
      raise ValueError(
        f'We cannot write the operation {name} as ONNX; StableHLO takes all.'
      )
    operation = onnx_operations.OPERATIONS[name]
    results = operation(graph, equation, *map(read, equation.invars))
    results = [results] if isinstance(results, str) else results
    values |= zip(equation.outvars, results, strict=True)
  for variable, tensor in zip(
    traced.jaxpr.outvars, program.outputs, strict=True
  ):
    graph.add_output(read(variable), tensor.name, tensor.shape, tensor.dtype)
  path.write_bytes(graph.serialize())


def run(
  path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
  """Loads the file and calls it; see `load`."""
  return load(path)(arrays)


def load(
  path: pathlib.Path,
) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
  """The file as a function of named arrays, run by ONNX Runtime on the CPU.

  Raises:
    ModuleNotFoundError: onnxruntime is not installed.
  """
  import onnxruntime

  options = onnxruntime.SessionOptions()
  # Its idle threads would spin on cores that decode and encode.
  options.add_session_config_entry('session.intra_op.allow_spinning', '0')
  session = onnxruntime.InferenceSession(
    path, options, providers=['CPUExecutionProvider']
  )
  names = [output.name for output in session.get_outputs()]

  def call(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(zip(names, session.run(names, arrays), strict=True))

  return call
