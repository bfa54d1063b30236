"""What JAX's operations are in ONNX: those that `plain` leaves of networks.

Every function takes the graph, JAX's equation and the values of its operands,
and returns the name of its result, or a list of names.
"""

import functools
import string
from collections.abc import Callable
from typing import Any

import numpy as np
from jax import lax

from lipsync_jax.exporting import onnx_layout, onnx_shapes

_NHWC = lax.ConvDimensionNumbers((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))


def _simple(name: str) -> Callable[..., str]:
  def simple(graph, equation, *inputs):
    make = functools.partial(graph.add, name)
    return onnx_layout.pointwise(graph, make, *inputs)

  return simple


def _max(graph, equation, x, y):
  # Runtimes fuse a Relu with the convolution before it, a Max with 0 they do
  # not.
  if isinstance(y, np.ndarray) and y.ndim == 0 and y == 0:
    return _simple('Relu')(graph, equation, x)
  return _simple('Max')(graph, equation, x, y)


def _rsqrt(graph, equation, x):
  return graph.add('Reciprocal', graph.add('Sqrt', x))


def _integer_pow(graph, equation, x):
  exponent = np.array(equation.params['y'], equation.outvars[0].aval.dtype)
  return graph.add('Pow', x, exponent)


def _round(graph, equation, x):
  if equation.params['rounding_method'] != lax.RoundingMethod.TO_NEAREST_EVEN:
    raise ValueError('ONNX rounds halves to the even number only.')
  return _simple('Round')(graph, equation, x)


def _select(graph, equation, which, *cases):
  no, yes = cases
  return _simple('Where')(graph, equation, which, yes, no)


def _cast(graph, equation, x):
  def cast(value):
    return graph.cast(value, equation.params['new_dtype'])

  return onnx_layout.pointwise(graph, cast, x)


def _reduce(name: str) -> Callable[..., str]:
  def reduce(graph, equation, x):
    axes = np.array(equation.params['axes'], np.int64)
    return graph.add(name, x, axes, keepdims=0)

  return reduce


def _dot(graph, equation, x, y):
  contract, batch = equation.params['dimension_numbers']
  letters = iter(string.ascii_lowercase)
  ranks = [len(operand.aval.shape) for operand in equation.invars]
  left, right = ([''] * rank for rank in ranks)
  for pairs in (batch, contract):
    for i, j in zip(*pairs, strict=True):
      left[i] = right[j] = next(letters)
  left = [letter or next(letters) for letter in left]
  shared = [left[i] for i in batch[0]]
  used = {left[i] for i in (*batch[0], *contract[0])}
  right = [letter or next(letters) for letter in right]
  rest = [letter for letter in left + right if letter not in used]
  formula = f'{"".join(left)},{"".join(right)}->{"".join(shared + rest)}'
  return graph.add('Einsum', x, y, equation=formula)


def _conv(graph, equation, x, kernel):
  params = equation.params
  if not isinstance(kernel, np.ndarray) or params['dimension_numbers'] != _NHWC:
    raise ValueError('We write convolutions [n, h, w, c] of constants only.')
  x = onnx_layout.first(graph, x)
  grown = params['lhs_dilation']
  if grown == (1, 1):
    y = graph.add(
      'Conv',
      x,
      kernel.transpose(3, 2, 0, 1),
      strides=params['window_strides'],
      pads=_pads(params['padding']),
      dilations=params['rhs_dilation'],
      group=params['feature_group_count'],
    )
  else:
    # `plain` left those in full: as far as the kernel reaches on every side.
    kernel = kernel[::-1, ::-1].transpose(2, 3, 0, 1)
    y = graph.add(
      'ConvTranspose', x, np.ascontiguousarray(kernel), strides=grown
    )
  return onnx_layout.last(graph, y)


def _max_pool(graph, equation, x):
  params = equation.params
  y = graph.add(
    'MaxPool',
    onnx_layout.first(graph, x),
    kernel_shape=params['window_dimensions'][1:3],
    strides=params['window_strides'][1:3],
    pads=_pads(params['padding'][1:3]),
  )
  return onnx_layout.last(graph, y)


def _pads(padding: Any) -> list[int]:
  before, after = zip(*padding, strict=True)
  return [*before, *after]


_SAME_NAME = {
  'add': 'Add',
  'sub': 'Sub',
  'mul': 'Mul',
  'div': 'Div',
  'min': 'Min',
  'exp': 'Exp',
  'log': 'Log',
  'neg': 'Neg',
  'abs': 'Abs',
  'sqrt': 'Sqrt',
  'tanh': 'Tanh',
  'logistic': 'Sigmoid',
  'ge': 'GreaterOrEqual',
  'gt': 'Greater',
  'le': 'LessOrEqual',
  'lt': 'Less',
}

OPERATIONS: dict[str, Callable[..., str | list[str]]] = {
  **{jax_name: _simple(name) for jax_name, name in _SAME_NAME.items()},
  **onnx_shapes.OPERATIONS,
  'conv_general_dilated': _conv,
  'convert_element_type': _cast,
  'dot_general': _dot,
  'integer_pow': _integer_pow,
  'max': _max,
  'reduce_max': _reduce('ReduceMax'),
  'reduce_sum': _reduce('ReduceSum'),
  'reduce_window_max': _max_pool,
  'round': _round,
  'rsqrt': _rsqrt,
  'select_n': _select,
}
