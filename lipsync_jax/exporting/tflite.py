"""TFLite (now LiteRT), any batch size; the only file that knows TensorFlow."""

import os
import pathlib
import warnings

import numpy as np

from lipsync_jax.exporting import plain
from lipsync_jax.exporting import program as program_lib


def write(program: program_lib.Program, path: pathlib.Path) -> None:
  """Writes the file.

  Its signature has the program's names. Interpreters need
  `resize_tensor_input` for batches other than one; signature runners do that
  themselves.

  Raises:
    ModuleNotFoundError: TensorFlow is not installed.
    ValueError: see `plain.plain`.
  """
  # TensorFlow logs hardware, and Python warnings of its own dependencies.
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    import tensorflow as tf
    from jax.experimental import jax2tf

    function = plain.plain(program.function)
    converted = jax2tf.convert(
      function,
      polymorphic_shapes=['(batch, ...)'] * len(program.inputs),
      with_gradient=False,
    )
    names = [tensor.name for tensor in program.outputs]

    def named(*arrays):
      return dict(zip(names, converted(*arrays), strict=True))

    module = tf.Module()
    module.run = tf.function(
      named,
      autograph=False,
      input_signature=[
        tf.TensorSpec((None, *tensor.shape), tensor.dtype, name=tensor.name)
        for tensor in program.inputs
      ],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
      [module.run.get_concrete_function()], module
    )
    content = converter.convert()
  path.write_bytes(content)


def run(
  path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
  """Loads the file and calls it.

  Raises:
    ModuleNotFoundError: the interpreter is not installed.
  """
  from ai_edge_litert import interpreter

  loaded = interpreter.Interpreter(model_path=str(path))
  return loaded.get_signature_runner()(**arrays)
