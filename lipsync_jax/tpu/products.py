"""Convolutions and matrix products in numbers: sizes, multiplications, bytes.

Both are a sum over one axis (channels in, or rows) that makes another (channels
out, or columns) for each of a third (the batch, or rows of the other side).
"""

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
from jax.extend.mlir import ir
from jax.extend.mlir.dialects import stablehlo

# Passes that a TPU takes over bfloat16 numbers for what is asked of a product
# (jax.lax.Precision: DEFAULT one, HIGH three, HIGHEST six).
_PASSES = {'DEFAULT': 1, 'HIGH': 3, 'HIGHEST': 6}


class Array(NamedTuple):
  """Shape and type of a value, MLIR's names: 'f32', 'bf16', 'ui8', 'i1'."""

  shape: tuple[int, ...]
  dtype: str

  @property
  def itemsize(self) -> int:
    return max(1, int(''.join(c for c in self.dtype if c.isdigit())) // 8)

  @property
  def nbytes(self) -> int:
    return math.prod(self.shape) * self.itemsize


@dataclasses.dataclass(frozen=True)
class Product:
  """A convolution or a product of matrices.

  Attributes:
    rows: the batch; of matrices, rows of the left.
    channels_in: summed over, at one tap of the kernel.
    channels_out: made.
    window: taps of the kernel on every axis.
    flops: twice the multiplications; those with zeros of padding and of holes
      left out.
    planes: for every array, left, right and result, its two axes that lie in a
      tile, and how many such planes it has.
    passes: over the multiplying units.
  """

  rows: int
  channels_in: int
  channels_out: int
  window: tuple[int, ...]
  flops: float
  planes: tuple[tuple[int, int, int], ...]
  passes: int = 1


def array(value: Any) -> Array:
  kind = ir.RankedTensorType(value.type)
  return Array(tuple(kind.shape), str(kind.element_type))


def of_convolution(op: Any, left: Array, right: Array, made: Array) -> Product:
  """Of a `stablehlo.convolution`."""
  axes = stablehlo.ConvDimensionNumbers(op.attributes['dimension_numbers'])
  channels_in = right.shape[axes.kernel_input_feature_dimension]
  channels_out = right.shape[axes.kernel_output_feature_dimension]
  rows = made.shape[axes.output_batch_dimension]
  window = tuple(right.shape[k] for k in axes.kernel_spatial_dimensions)
  sizes = [left.shape[k] for k in axes.input_spatial_dimensions]
  places = [made.shape[k] for k in axes.output_spatial_dimensions]
  strides, holes, spread = (
    list(ir.DenseI64ArrayAttr(op.attributes[name]))
    for name in ('window_strides', 'lhs_dilation', 'rhs_dilation')
  )
  margins = list(ir.DenseIntElementsAttr(op.attributes['padding']))[::2]
  pairs = math.prod(
    _pairs(*axis)
    for axis in zip(
      sizes, window, places, strides, holes, spread, margins, strict=True
    )
  )
  inputs = left.shape[axes.input_batch_dimension]
  features = left.shape[axes.input_feature_dimension]
  return Product(
    rows,
    channels_in,
    channels_out,
    window,
    2.0 * rows * channels_in * channels_out * pairs,
    (
      (inputs, features, math.prod(sizes)),
      (channels_in, channels_out, math.prod(window)),
      (rows, channels_out, math.prod(places)),
    ),
    _passes(op),
  )


def of_dot(op: Any, left: Array, right: Array) -> Product:
  """Of a `stablehlo.dot_general`."""
  axes = stablehlo.DotDimensionNumbers(op.attributes['dot_dimension_numbers'])

  def sizes(shape, batch, summed):
    free = [n for k, n in enumerate(shape) if k not in (*batch, *summed)]
    return math.prod(free), math.prod(shape[k] for k in summed)

  batch = axes.lhs_batching_dimensions
  many = math.prod(left.shape[k] for k in batch)
  rows, summed = sizes(left.shape, batch, axes.lhs_contracting_dimensions)
  columns, _ = sizes(
    right.shape, axes.rhs_batching_dimensions, axes.rhs_contracting_dimensions
  )
  return Product(
    rows,
    summed,
    columns,
    (),
    2.0 * many * rows * summed * columns,
    ((rows, summed, many), (summed, columns, many), (rows, columns, many)),
    _passes(op),
  )


def _pairs(size, taps, places, stride, holes, spread, margin) -> int:
  """How many (place, tap) of one axis meet a number that is there."""
  at = stride * np.arange(places)[:, None] + spread * np.arange(taps) - margin
  last = holes * (size - 1)
  return int(((at >= 0) & (at <= last) & (at % holes == 0)).sum())


def _passes(op: Any) -> int:
  asked = str(op.attributes['precision_config'])
  # The longest name first: HIGHEST is more than HIGH.
  for name in sorted(_PASSES, key=len, reverse=True):
    if name in asked and name != 'DEFAULT':
      return _PASSES[name]
  return 1
