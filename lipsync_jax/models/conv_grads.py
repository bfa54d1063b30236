"""Convolutions whose weight gradients are quick on CPU as well.

XLA's CPU backend computes two weight gradients slowly: that of a dilated
transposed convolution (40 to 100 times slower than need be) and that of a
convolution over a large feature map (2 to 3 times). Both have an equal
formulation it runs well. GPU and TPU keep XLA's own gradients: the switch is
read while tracing and costs nothing at run time; what is traced here to run
elsewhere says so (`target_platform`). Forward-mode differentiation does not
pass through the CPU formulations (`jax.custom_vjp`).

Layouts: x [n, h, w, i], kernel [kh, kw, i, o], as in `flax.linen`.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from lipsync_jax.models import target_platform, wide_results

# Where summing over blocks of rows pays, measured on 2 cores: maps of at least
# 48 rows whose kernel has at least 32 x 64 channels.
_MIN_ROWS = 48
_MIN_CHANNELS = 32 * 64
_BLOCK_ROWS = 8
_MAX_BLOCKS = 6  # each is an operation of the program, so of compile time

Margin = int | tuple[int, int]  # rows or columns before and after


def conv(
  x: Float[Array, 'n h w i'],
  kernel: Float[Array, 'kh kw i o'],
  *,
  stride: tuple[int, int] = (1, 1),
  padding: tuple[Margin, Margin] = (0, 0),
  block_gradient: bool | None = None,
  result_dtype: Any = None,
) -> Float[Array, 'n p q o']:
  """PyTorch's Conv2d without bias: `padding` rows and columns on every side.

  A pair in place of a number pads unevenly, as TensorFlow does.
  `block_gradient` computes the weight gradient as a sum over blocks of rows
  (stride 1 only); None means on CPU, for maps large enough to gain by it.
  `result_dtype` is what is summed in and given, where the inputs have less
  digits; gradients are computed in the inputs' dtype all the same.
  """
  padding = tuple(p if isinstance(p, tuple) else (p, p) for p in padding)
  if block_gradient is None:
    block_gradient = (
      target_platform.is_cpu()
      and x.shape[1] >= _MIN_ROWS
      and kernel.shape[2] * kernel.shape[3] >= _MIN_CHANNELS
    )
  function, options = _conv, (stride, padding)
  if block_gradient and stride == (1, 1):
    function, options = _conv_by_blocks, (padding,)
  if result_dtype in (None, x.dtype):
    return function(x, kernel, *options)

  def wide(x, kernel, dtype):
    return _conv(x, kernel, stride, padding, dtype)

  return wide_results.wide(
    wide, lambda x, k: function(x, k, *options), result_dtype, x, kernel
  )


def transposed_conv(
  x: Float[Array, 'n h w i'],
  kernel: Float[Array, 'k k i o'],
  *,
  stride: int,
  padding: int,
  output_padding: int = 0,
  adjoint_gradient: bool | None = None,
  result_dtype: Any = None,
) -> Float[Array, 'n p q o']:
  """PyTorch's ConvTranspose2d without bias, by dilating the input.

  Args:
    x: the input.
    kernel: PyTorch's weight [i, o, k, k], transposed and flipped in both
      spatial axes (as `flax.linen.ConvTranspose` keeps it).
    stride: how many output pixels one input pixel spans.
    padding: PyTorch's padding: rows cut from every side of the full result.
    output_padding: rows added back at the bottom and right; below `stride`.
      A negative number cuts as many more there, as TensorFlow does.
    adjoint_gradient: compute the weight gradient as that of the adjoint
      strided convolution; None means on CPU only. Equal up to rounding.
    result_dtype: see `conv`.

  Returns:
    Maps of (h - 1) * stride - 2 * padding + k + output_padding rows.
  """
  if adjoint_gradient is None:
    adjoint_gradient = target_platform.is_cpu()
  function = _transposed_by_adjoint if adjoint_gradient else _transposed
  options = (stride, padding, output_padding)
  if result_dtype in (None, x.dtype):
    return function(x, kernel, *options)

  def wide(x, kernel, dtype):
    return _transposed(x, kernel, *options, dtype)

  return wide_results.wide(
    wide, lambda x, k: function(x, k, *options), result_dtype, x, kernel
  )


def _conv(x, kernel, stride, padding, dtype=None):
  return lax.conv_general_dilated(
    x,
    kernel,
    window_strides=stride,
    padding=padding,
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    preferred_element_type=dtype,
  )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _conv_by_blocks(x, kernel, padding):
  return _conv(x, kernel, (1, 1), padding)


def _conv_by_blocks_fwd(x, kernel, padding):
  return _conv(x, kernel, (1, 1), padding), (x, kernel)


def _conv_by_blocks_bwd(padding, residuals, g):
  x, kernel = residuals
  _, pull_x = jax.vjp(lambda x: _conv(x, kernel, (1, 1), padding), x)
  padded = jnp.pad(x, ((0, 0), padding[0], (0, 0), (0, 0)))
  rows = max(_BLOCK_ROWS, -(-g.shape[1] // _MAX_BLOCKS))
  total = jnp.zeros(kernel.shape, kernel.dtype)
  for start in range(0, g.shape[1], rows):
    g_block = g[:, start : start + rows]
    needed = g_block.shape[1] + kernel.shape[0] - 1
    x_block = padded[:, start : start + needed]
    _, pull_kernel = jax.vjp(
      lambda k, x=x_block: _conv(x, k, (1, 1), ((0, 0), padding[1])), kernel
    )
    total += pull_kernel(g_block)[0]
  return pull_x(g)[0], total


_conv_by_blocks.defvjp(_conv_by_blocks_fwd, _conv_by_blocks_bwd)


def _transposed(x, kernel, stride, padding, output_padding, dtype=None):
  edge = kernel.shape[0] - 1 - padding
  return lax.conv_general_dilated(
    x,
    kernel,
    window_strides=(1, 1),
    padding=((edge, edge + output_padding),) * 2,
    lhs_dilation=(stride, stride),
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    preferred_element_type=dtype,
  )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _transposed_by_adjoint(x, kernel, stride, padding, output_padding):
  return _transposed(x, kernel, stride, padding, output_padding)


def _transposed_by_adjoint_fwd(x, kernel, stride, padding, output_padding):
  y = _transposed(x, kernel, stride, padding, output_padding)
  return y, (x, kernel)


def _transposed_by_adjoint_bwd(stride, padding, output_padding, residuals, g):
  x, kernel = residuals
  # g has the rows that were added, and the strided convolution reads them; it
  # lacks those that were cut, of which nothing was seen.
  margin = (padding, padding - min(output_padding, 0))

  def adjoint(kernel):
    flipped = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
    return _conv(g, flipped, (stride, stride), (margin, margin))

  # <g, T_k x> = <A_k g, x> for every kernel k, so the gradient for k is that
  # of the strided convolution A_k with g as its input and x as cotangent, and
  # the gradient for x is A_k g itself.
  dx, pullback = jax.vjp(adjoint, kernel)
  return dx, pullback(x)[0]


_transposed_by_adjoint.defvjp(
  _transposed_by_adjoint_fwd, _transposed_by_adjoint_bwd
)
