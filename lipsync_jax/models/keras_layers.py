"""Blocks of LipGAN and Speech2Vid, computing what Keras's layers compute.

'SAME' padding is written out as rows and columns, more after than before where
their number is odd (even maps at stride 2). Kernels begin Glorot-uniform,
biases zero. Parameters and BatchNorm statistics are float32; `dtype` is what a
block computes in.
"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import conv_grads, layers, norms

Pair = layers.Pair


def same(size: int, kernel_size: int, stride: int) -> tuple[int, int]:
  """Rows that TensorFlow's 'SAME' puts before and after `size` rows."""
  total = max((-(-size // stride) - 1) * stride + kernel_size - size, 0)
  return total // 2, total - total // 2


def batch_norm(*, train: bool, dtype: Any, name: str) -> norms.BatchNorm:
  """Keras's BatchNormalization(momentum=.8), as both networks have it."""
  return layers.batch_norm(
    train=train, dtype=dtype, name=name, momentum=0.8, epsilon=1e-3
  )


def dense(features: int, dtype: Any, name: str) -> nn.Dense:
  """Keras's Dense."""
  init = nn.initializers.glorot_uniform()
  return nn.Dense(features, dtype=dtype, kernel_init=init, name=name)


def max_pool(
  x: Float[Array, 'n h w c'], window: Pair, stride: Pair
) -> Float[Array, 'n p q c']:
  """Keras's MaxPooling2D(padding='same'): what is outside never wins."""
  window, stride = layers.pair(window), layers.pair(stride)
  margin = [
    same(*row) for row in zip(x.shape[1:3], window, stride, strict=True)
  ]
  return nn.max_pool(x, window, stride, margin)


class Conv(nn.Module):
  """Keras's Conv2D; `valid` computes only where the kernel fits.

  `result_dtype` is what it gives, if not `dtype`.
  """

  features: int
  kernel_size: Pair = 3
  stride: Pair = 1
  valid: bool = False
  dtype: Any = jnp.float32
  result_dtype: Any = None

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w i']) -> Float[Array, 'n p q o']:
    size, stride = layers.pair(self.kernel_size), layers.pair(self.stride)
    margin = ((0, 0), (0, 0))
    if not self.valid:
      rows = zip(x.shape[1:3], size, stride, strict=True)
      margin = tuple(same(*row) for row in rows)
    kernel = self.param(
      'kernel',
      nn.initializers.glorot_uniform(),
      (*size, x.shape[-1], self.features),
    )
    bias = self.param('bias', nn.initializers.zeros, (self.features,))
    y = conv_grads.conv(
      x.astype(self.dtype),
      kernel.astype(self.dtype),
      stride=stride,
      padding=margin,
      result_dtype=self.result_dtype,
    )
    return y + bias.astype(y.dtype)


class TransposedConv(nn.Module):
  """Keras's Conv2DTranspose(padding='same'), to a map of a given size.

  It is the gradient of the convolution that takes `size` rows to those of the
  input, so `size` is at most `stride` times them and above `stride` times one
  row less.
  """

  features: int
  size: int
  kernel_size: int = 3
  stride: int = 2
  dtype: Any = jnp.float32
  result_dtype: Any = None

  @nn.compact
  def __call__(self, x: Float[Array, 'n h h i']) -> Float[Array, 'n p p o']:
    k = self.kernel_size
    if -(-self.size // self.stride) != x.shape[1]:
      raise ValueError(
        f'Maps of {x.shape[1]} rows do not grow to {self.size} at stride '
        f'{self.stride}.'
      )
    before, after = same(self.size, k, self.stride)
    kernel = self.param(
      'kernel',
      nn.initializers.glorot_uniform(),
      (k, k, x.shape[-1], self.features),
    )
    bias = self.param('bias', nn.initializers.zeros, (self.features,))
    y = conv_grads.transposed_conv(
      x.astype(self.dtype),
      kernel.astype(self.dtype),
      stride=self.stride,
      padding=before,
      output_padding=before - after,
      result_dtype=self.result_dtype,
    )
    return y + bias.astype(y.dtype)


class ConvBlock(nn.Module):
  """Convolution, BatchNorm, ReLU."""

  features: int
  kernel_size: Pair = 3
  stride: Pair = 1
  valid: bool = False
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w i'], *, train: bool
  ) -> Float[Array, 'n p q o']:
    y = Conv(
      self.features,
      self.kernel_size,
      self.stride,
      self.valid,
      dtype=self.dtype,
      name='conv',
    )(x)
    return nn.relu(batch_norm(train=train, dtype=self.dtype, name='norm')(y))


class TransposedConvBlock(nn.Module):
  """Transposed convolution to `size` rows, BatchNorm, ReLU."""

  features: int
  size: int
  kernel_size: int = 3
  stride: int = 2
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h h i'], *, train: bool
  ) -> Float[Array, 'n p p o']:
    y = TransposedConv(
      self.features,
      self.size,
      self.kernel_size,
      self.stride,
      dtype=self.dtype,
      name='conv',
    )(x)
    return nn.relu(batch_norm(train=train, dtype=self.dtype, name='norm')(y))


class MapNorm(nn.Module):
  """keras-contrib's InstanceNormalization() with its default axis=None.

  Despite its name it takes mean and deviation over rows, columns and channels
  together, and has one scale and one offset for them all.
  """

  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w c']) -> Float[Array, 'n h w c']:
    scale = self.param('scale', nn.initializers.ones, (1,))
    offset = self.param('bias', nn.initializers.zeros, (1,))
    x = x.astype(layers.at_least_float32(x.dtype))
    x = x - x.mean((1, 2, 3), keepdims=True)
    variance = jnp.mean(x**2, (1, 2, 3), keepdims=True)
    # The root of 0, of a black picture, has no gradient; 1e-3 outweighs 1e-6.
    deviation = jnp.sqrt(jnp.maximum(variance, 1e-12))
    return (x / (deviation + 1e-3) * scale + offset).astype(self.dtype)
