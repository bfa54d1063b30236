"""Blocks of the family, computing what PyTorch's layers of that name compute.

Padding is explicit and symmetric everywhere: XLA's 'SAME' differs from PyTorch
for strides above one. Parameters and BatchNorm statistics are float32;
`dtype` is what the block computes in.
"""

import math
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import conv_grads, norms

Pair = int | tuple[int, int]


def pair(value: Pair) -> tuple[int, int]:
  """(value, value) for a number: rows and columns alike."""
  return (value, value) if isinstance(value, int) else value


def at_least_float32(dtype: Any) -> Any:
  """What results are given in: float32 unless computed in float64."""
  return jnp.promote_types(jnp.float32, dtype)


def torch_uniform(fan_in: int) -> nn.initializers.Initializer:
  """PyTorch's default for weights and biases: uniform within 1/sqrt(fan_in)."""

  def init(rng, shape, dtype=jnp.float32):
    bound = 1 / math.sqrt(fan_in)
    return jax.random.uniform(rng, shape, dtype, -bound, bound)

  return init


def dense(features: int, fan_in: int, dtype: Any, name: str) -> nn.Dense:
  """PyTorch's Linear."""
  init = torch_uniform(fan_in)
  return nn.Dense(
    features, dtype=dtype, kernel_init=init, bias_init=init, name=name
  )


def manual_axes() -> tuple[str, ...] | None:
  """Mesh axes that the code being traced is written for one device of.

  Under `jax.jit` there are none: a batch is one array, its mean that of all
  devices. Inside `jax.shard_map` it is one device's, and what belongs to all
  must be reduced over these axes.
  """
  return jax.sharding.get_abstract_mesh().manual_axes or None


def batch_norm(
  *,
  train: bool,
  dtype: Any,
  name: str,
  momentum: float = 0.9,
  epsilon: float = 1e-5,
) -> norms.BatchNorm:
  """PyTorch's BatchNorm, over all devices; its momentum 0.1 is Flax's 0.9.

  One difference stays: PyTorch keeps the unbiased variance as running
  statistic, Flax the biased one. They differ by the factor n / (n - 1).
  """
  return norms.BatchNorm(
    use_running_average=not train,
    momentum=momentum,
    epsilon=epsilon,
    dtype=dtype,
    axis_name=manual_axes(),
    name=name,
  )


class Conv(nn.Module):
  """PyTorch's Conv2d; `result_dtype` is what it gives, if not `dtype`."""

  features: int
  kernel_size: Pair = 3
  stride: Pair = 1
  padding: Pair = 1
  use_bias: bool = True
  dtype: Any = jnp.float32
  result_dtype: Any = None

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    shape = (*pair(self.kernel_size), x.shape[-1], self.features)
    init = torch_uniform(math.prod(shape[:3]))
    kernel = self.param('kernel', init, shape)
    y = conv_grads.conv(
      x.astype(self.dtype),
      kernel.astype(self.dtype),
      stride=pair(self.stride),
      padding=pair(self.padding),
      result_dtype=self.result_dtype,
    )
    # A BatchNorm that was folded into it has left its offset.
    if not (self.use_bias or self.has_variable('params', 'bias')):
      return y
    bias = self.param('bias', init, (self.features,))
    return y + bias.astype(y.dtype)


class TransposedConv(nn.Module):
  """PyTorch's ConvTranspose2d."""

  features: int
  kernel_size: int = 3
  stride: int = 2
  padding: int = 1
  output_padding: int = 1
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    k = self.kernel_size
    # PyTorch counts the outputs here: its weight is stored [in, out, k, k].
    init = torch_uniform(self.features * k * k)
    kernel = self.param('kernel', init, (k, k, x.shape[-1], self.features))
    bias = self.param('bias', init, (self.features,))
    y = conv_grads.transposed_conv(
      x.astype(self.dtype),
      kernel.astype(self.dtype),
      stride=self.stride,
      padding=self.padding,
      output_padding=self.output_padding,
    )
    return y + bias.astype(self.dtype)


class ConvBlock(nn.Module):
  """Convolution, (attention), BatchNorm, (+ the input), ReLU.

  `attention` makes the module between convolution and BatchNorm; it keeps the
  shape and is called with `train`, as `cbam.CBAM` is.
  """

  features: int
  kernel_size: Pair = 3
  stride: Pair = 1
  padding: Pair = 1
  residual: bool = False
  dtype: Any = jnp.float32
  attention: Callable[..., nn.Module] | None = None

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w i'], *, train: bool
  ) -> Float[Array, 'n p q o']:
    y = Conv(
      self.features,
      self.kernel_size,
      self.stride,
      self.padding,
      dtype=self.dtype,
      name='conv',
    )(x)
    if self.attention:
      y = self.attention(name='attention')(y, train=train)
    y = batch_norm(train=train, dtype=self.dtype, name='norm')(y)
    return nn.relu(y + x.astype(self.dtype) if self.residual else y)


class TransposedConvBlock(nn.Module):
  """Transposed convolution, BatchNorm, ReLU."""

  features: int
  kernel_size: int = 3
  stride: int = 2
  padding: int = 1
  output_padding: int = 1
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w i'], *, train: bool
  ) -> Float[Array, 'n p q o']:
    y = TransposedConv(
      self.features,
      self.kernel_size,
      self.stride,
      self.padding,
      self.output_padding,
      dtype=self.dtype,
      name='conv',
    )(x)
    return nn.relu(batch_norm(train=train, dtype=self.dtype, name='norm')(y))
