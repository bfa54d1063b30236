"""ONNX files run by OpenVINO, on the CPU; the only file that knows openvino."""

import pathlib
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def load(
  path: pathlib.Path, *, precision: str = 'float32'
) -> Callable[[Arrays], Arrays]:
  """A file as a function of named arrays, compiled for each batch size.

  Args:
    path: of a file by `onnx_file.write`; it is not needed afterwards.
    precision: 'float32', or 'bfloat16' of convolutions and what is between.

  Raises:
    ModuleNotFoundError: openvino is not installed.
    ValueError: bfloat16 on a CPU that does not have it.
  """
  core = _openvino().Core()
  can = core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
  if precision == 'bfloat16' and 'BF16' not in can:
    raise ValueError(
      'This CPU does not compute in bfloat16 (that takes AVX512_BF16 or AMX); '
      'leave the precision at float32.'
    )
  options = {
    'INFERENCE_PRECISION_HINT': {'float32': 'f32', 'bfloat16': 'bf16'}[
      precision
    ],
    'PERFORMANCE_HINT': 'LATENCY',  # all cores for one batch
  }
  model = core.read_model(path)
  compiled = {}
  lock = threading.Lock()  # a request takes one call at a time

  def run(arrays: Arrays) -> Arrays:
    # Sums are fused with convolutions where shapes are known: 5 to 8 % faster.
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    with lock:
      key = str(shapes)
      if key not in compiled:
        fixed = model.clone()
        fixed.reshape(shapes)
        program = core.compile_model(fixed, 'CPU', options)
        compiled[key] = program.create_infer_request()
      results = compiled[key].infer(arrays)
      return {output.any_name: array for output, array in results.items()}

  return run


def _openvino() -> Any:
  """The package, without its telemetry."""
  # Importing openvino forks a process that reports to Google Analytics, and
  # asks nobody. It does without where the package for that is missing, which
  # None says to Python.
  sys.modules.setdefault('openvino_telemetry', None)
  import openvino

  return openvino
