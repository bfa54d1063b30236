"""JAX's operations that move numbers about and compute none, in ONNX.

See `onnx_operations` for what the functions take and return.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lipsync_jax.exporting import onnx_graph, onnx_layout


def _reshape(graph, equation, x):
  return _to_shape(graph, x, equation.outvars[0].aval.shape)


def _to_shape(
  graph: onnx_graph.Graph, x: onnx_graph.Value, shape: Sequence[Any]
) -> str:
  sizes = [size if isinstance(size, int) else -1 for size in shape]
  if sizes.count(-1) > 1:
    raise ValueError(f'ONNX cannot make the shape {shape}.')
  return graph.add('Reshape', x, np.array(sizes, np.int64))


def _broadcast(graph, equation, x):
  shape = equation.params['shape']
  sizes = [1] * len(shape)
  operand = equation.invars[0].aval.shape
  axes = equation.params['broadcast_dimensions']
  for axis, size in zip(axes, operand, strict=True):
    sizes[axis] = size
  y = graph.add('Expand', _to_shape(graph, x, sizes), graph.shape(shape))
  if len(shape) == 4 and isinstance(x, np.ndarray):
    onnx_layout.constant(graph, y, x.reshape(sizes))
  return y


def _transpose(graph, equation, x):
  return graph.add('Transpose', x, perm=equation.params['permutation'])


def _squeeze(graph, equation, x):
  axes = np.array(equation.params['dimensions'], np.int64)
  return graph.add('Squeeze', x, axes)


def _slice(graph, equation, x):
  params, shape = equation.params, equation.invars[0].aval.shape
  starts, ends = params['start_indices'], params['limit_indices']
  steps = params['strides'] or [1] * len(shape)
  axes = [
    axis
    for axis, size in enumerate(shape)
    if starts[axis] != 0 or ends[axis] != size or steps[axis] != 1
  ]
  if not axes:
    return x
  cut = [[numbers[axis] for axis in axes] for numbers in (starts, ends, steps)]
  starts, ends, steps = np.array(cut, np.int64)

  def make(axes, x):
    return graph.add('Slice', x, starts, ends, np.array(axes, np.int64), steps)

  return onnx_layout.along(graph, make, axes, x)


def _reverse(graph, equation, x):
  last = np.iinfo(np.int64).min
  rows = [(-1, last, axis, -1) for axis in equation.params['dimensions']]
  return graph.add('Slice', x, *np.array(rows, np.int64).T)


def _split(graph, equation, x):
  sizes = np.array(equation.params['sizes'], np.int64)
  axis = equation.params['axis']
  return graph.add_many('Split', x, sizes, results=len(sizes), axis=axis)


def _concatenate(graph, equation, *arrays):
  def make(axes, *arrays):
    return graph.add('Concat', *arrays, axis=axes[0])

  axes = [equation.params['dimension']]
  return onnx_layout.along(graph, make, axes, *arrays)


def _stack(graph, equation, *arrays):
  axis = equation.params['axis']
  rows = [
    graph.add('Unsqueeze', array, np.array([axis], np.int64))
    for array in arrays
  ]
  return graph.add('Concat', *rows, axis=axis)


def _pad(graph, equation, x, value):
  config = np.array(equation.params['padding_config'], np.int64)
  if not config.any():
    return x
  if (config[:, :2] < 0).any() or config[:, 2].any():
    raise ValueError('ONNX pads neither negatively nor in between.')
  return graph.add('Pad', x, config[:, :2].T.ravel(), value)


OPERATIONS: dict[str, Callable[..., str | list[str]]] = {
  'broadcast_in_dim': _broadcast,
  'concatenate': _concatenate,
  'pad': _pad,
  'reshape': _reshape,
  'rev': _reverse,
  'slice': _slice,
  'split': _split,
  'squeeze': _squeeze,
  'stack': _stack,
  'transpose': _transpose,
}
