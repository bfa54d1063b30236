"""What computes a generator's pictures: XLA, or a runtime that reads ONNX."""

import pathlib
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lipsync_jax import networks
from lipsync_jax.exporting import onnx_file, openvino_model, parity
from lipsync_jax.exporting import program as program_lib
from lipsync_jax.inference import drawing

BACKENDS = ('xla', 'onnxruntime', 'openvino')
PRECISIONS = ('float32', 'bfloat16')
# bfloat16 keeps 8 bits: single numbers may be far off, but not pictures.
_MOST_MEAN = 2.0  # of 255 levels
_BATCH = 4  # compared


class Backend(NamedTuple):
  """A generator, ready to be called.

  Attributes:
    draw: see `edit.Generator`.
    device: what it runs on, in words.
    name: what differs from a call of the network; '' if nothing does.
    parity: how far its pictures are from the network's, in words; None of XLA.
  """

  draw: Callable[..., np.ndarray]
  device: str
  name: str
  parity: str | None


def make(
  network: Any,
  variables: dict[str, Any],
  *,
  backend: str,
  precision: str | None,
) -> Backend:
  """A generator on a backend; for the options and errors see `generator.load`.

  Args:
    network: see `models.wav2lip.Generator`.
    variables: its parameters and statistics; BatchNorm is folded here.
    backend: one of `BACKENDS`.
    precision: one of `PRECISIONS` or None.
  """
  for value, known in ((backend, BACKENDS), (precision, (None, *PRECISIONS))):
    if value not in known:
      known = ', '.join(filter(None, known))
      raise ValueError(f'{value!r} is no backend or precision: {known}.')
  if backend == 'xla':
    return _xla(network, variables, precision)
  return _runtime(network, variables, backend, precision or 'float32')


def _xla(network, variables, precision) -> Backend:
  if precision:
    network = network.clone(dtype=jnp.dtype(precision))
  device = jax.devices()[0]
  folded = jax.device_put(networks.folded(network, variables), device)
  draw = jax.jit(drawing.drawing(network))
  return Backend(
    lambda *arrays: np.asarray(draw(folded, *arrays)),
    f'{device.platform}: {device.device_kind}',
    precision or '',
    None,
  )


def _runtime(network, variables, backend, precision) -> Backend:
  network = network.clone(dtype=jnp.float32)
  program = program_lib.of(network, variables)
  try:
    run = _written(program, backend, precision)
  except ModuleNotFoundError as error:
    raise ValueError(
      f'The backend {backend} needs {error.name}, which is not installed: '
      "pip install -e '.[fast]'"
    ) from error
  (found,) = parity.compare(program, run, batches=(_BATCH,))
  name = f'{backend}, {precision}'
  words = (
    f'{name}: largest difference to the network {found.difference:g} of 255 '
    f'levels, mean {found.mean:.2g} (noise for pictures)'
  )
  whole = precision == 'float32'
  if not (found.good if whole else found.mean <= _MOST_MEAN):
    raise ValueError(f'{words}: that is not rounding; use another backend.')
  names = [tensor.name for tensor in program.inputs]

  def draw(*arrays: np.ndarray) -> np.ndarray:
    return run(dict(zip(names, arrays, strict=True)))['generated']

  return Backend(draw, f'cpu: {name}', name, words)


def _written(program: program_lib.Program, backend: str, precision: str):
  """The program as a file, loaded by a runtime: arrays by name in and out."""
  with tempfile.TemporaryDirectory(prefix='lipsync_jax-') as folder:
    path = pathlib.Path(folder, 'generator.onnx')
    if backend == 'openvino':
      onnx_file.write(program, path)
      return openvino_model.load(path, precision=precision)
    if precision != 'float32':
      raise ValueError(
        'ONNX Runtime computes in float32 on CPUs; bfloat16 needs the backend '
        'openvino.'
      )
    onnx_file.write(program, path)
    return onnx_file.load(path)
