"""A function in the operations that every format gets right.

Run on symbolic batches, JAX writes constant slices as gathers, which TFLite
cannot take, and TFLite silently miscompiles transposed convolutions whose
padding differs before and after. Here a function's program is evaluated once
more: calls are inlined, loops of known length unrolled, what depends on
constants alone is computed, constant gathers become slices, and transposed
convolutions are computed in full and cut.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core

# Where an operation keeps the program that it calls.
_CALLS = {
  'jit': 'jaxpr',
  'pjit': 'jaxpr',
  'closed_call': 'call_jaxpr',
  'custom_jvp_call': 'call_jaxpr',
  'custom_vjp_call': 'call_jaxpr',
}
_LONGEST_LOOP = 128


def plain(function: Callable[..., Any]) -> Callable[..., tuple[jax.Array, ...]]:
  """The same function, its results as a flat tuple.

  Calling it raises ValueError if a loop is too long to unroll.
  """

  def run(*arrays: jax.Array) -> tuple[jax.Array, ...]:
    program = jax.make_jaxpr(function)(*arrays)
    return tuple(_evaluate(program, jax.tree.leaves(arrays)))

  return run


def _evaluate(program: core.ClosedJaxpr, arrays: Sequence[Any]) -> list[Any]:
  jaxpr = program.jaxpr
  values = dict(zip(jaxpr.constvars, program.consts, strict=True))
  values |= zip(jaxpr.invars, arrays, strict=True)

  def read(variable):
    if isinstance(variable, core.Literal):
      return variable.val
    return values[variable]

  for equation in jaxpr.eqns:
    results = _apply(equation, [read(v) for v in equation.invars])
    values |= zip(equation.outvars, results, strict=True)
  return [read(variable) for variable in jaxpr.outvars]


def _apply(equation: core.JaxprEqn, arrays: list[Any]) -> list[Any]:
  primitive, params = equation.primitive, equation.params
  if primitive.name in _CALLS:
    return _evaluate(params[_CALLS[primitive.name]], arrays)
  known = not any(isinstance(array, jax.core.Tracer) for array in arrays)
  if known and all(map(_is_concrete, equation.outvars)):
    with jax.ensure_compile_time_eval():
      return _bind(equation, arrays)
  if primitive.name == 'scan':
    return _unroll(arrays, **params)
  if primitive.name == 'gather' and not isinstance(arrays[1], jax.core.Tracer):
    return [_slice(arrays[0], np.asarray(arrays[1]), **params)]
  if primitive.name == 'conv_general_dilated':
    if math.prod(params['lhs_dilation']) > 1:
      return [_transposed_conv(*arrays, **params)]
  return _bind(equation, arrays)


def _bind(equation: core.JaxprEqn, arrays: list[Any]) -> list[Any]:
  results = equation.primitive.bind(*arrays, **equation.params)
  return results if equation.primitive.multiple_results else [results]


def _is_concrete(variable: Any) -> bool:
  return all(isinstance(size, int) for size in variable.aval.shape)


def _unroll(arrays, *, jaxpr, length, reverse, **params):
  if length > _LONGEST_LOOP:
    raise ValueError(f'A loop of {length} rounds is too long to be exported.')
  constants, carry, sequences = _parts_of_scan(arrays, **params)
  num_carry = len(carry)
  rounds = range(length)
  outputs = []
  for i in reversed(rounds) if reverse else rounds:
    row = [lax.index_in_dim(x, i, keepdims=False) for x in sequences]
    results = _evaluate(jaxpr, [*constants, *carry, *row])
    carry = results[:num_carry]
    outputs.append(results[num_carry:])
  if reverse:
    outputs.reverse()
  stacked = [jnp.stack(rows) for rows in zip(*outputs, strict=True)]
  return [*carry, *stacked]


def _parts_of_scan(arrays, *, ft_in=None, num_consts=0, num_carry=0, **_):
  """What a loop reads in every round, hands on, and reads row by row."""
  if ft_in is not None:  # JAX 0.12 has no counts.
    return tuple(list(part) for part in ft_in.update(arrays).unpack())
  rest = arrays[num_consts:]
  return arrays[:num_consts], rest[:num_carry], rest[num_carry:]


def _slice(x, start, *, dimension_numbers, slice_sizes, **_):
  """A gather of one window; JAX has checked that it lies within the array."""
  numbers = dimension_numbers
  if start.ndim != 1 or numbers.operand_batching_dims:
    raise ValueError('Only gathers of one slice can be exported.')
  for axis, first in zip(numbers.start_index_map, start.tolist(), strict=True):
    if slice_sizes[axis] != x.shape[axis]:
      x = lax.slice_in_dim(x, first, first + slice_sizes[axis], axis=axis)
  return lax.squeeze(x, numbers.collapsed_slice_dims)


def _transposed_conv(x, kernel, *, lhs_dilation, padding, **params):
  """In full, as TensorFlow's 'VALID' and ONNX's without padding, then cut."""
  _, _, *kernel_axes = params['dimension_numbers'].rhs_spec
  _, _, *axes = params['dimension_numbers'].out_spec
  full = [kernel.shape[axis] - 1 for axis in kernel_axes]
  y = lax.conv_general_dilated(
    x,
    kernel,
    padding=[(rows, rows) for rows in full],
    lhs_dilation=lhs_dilation,
    **params,
  )
  for axis, rows, (before, after) in zip(axes, full, padding, strict=True):
    if before > rows or after > rows:
      raise ValueError(
        'A transposed convolution that adds more rows than its kernel reaches '
        'cannot be exported.'
      )
    end = y.shape[axis] - (rows - after)
    y = lax.slice_in_dim(y, rows - before, end, axis=axis)
  return y
