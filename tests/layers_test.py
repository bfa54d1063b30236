"""Layers against definitions written out in numpy, and their gradients."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import conv_grads, encoders, layers


def random(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def convolved(x, kernel, stride, padding):
  """Conv2d, one window after the other."""
  rows, columns = (np.broadcast_to(p, 2) for p in padding)
  pad = ((0, 0), rows, columns, (0, 0))
  x = np.pad(x, pad)
  kh, kw = kernel.shape[:2]
  rows = (x.shape[1] - kh) // stride[0] + 1
  columns = (x.shape[2] - kw) // stride[1] + 1
  y = np.zeros((len(x), rows, columns, kernel.shape[3]), np.float32)
  for i, j in np.ndindex(rows, columns):
    top, left = i * stride[0], j * stride[1]
    window = x[:, top : top + kh, left : left + kw]
    y[:, i, j] = np.einsum('nhwi,hwio->no', window, kernel)
  return y


def transposed(x, weight, stride, padding, output_padding):
  """ConvTranspose2d: every input pixel paints weight [k, k, i, o]."""
  n, h, w, _ = x.shape
  k, _, _, o = weight.shape
  full = np.zeros(
    (n, (h - 1) * stride + k + 9, (w - 1) * stride + k + 9, o), np.float32
  )
  for i, j in np.ndindex(h, w):
    patch = np.einsum('ni,hwio->nhwo', x[:, i, j], weight)
    top, left = i * stride, j * stride
    full[:, top : top + k, left : left + k] += patch
  rows = (h - 1) * stride - 2 * padding + k + output_padding
  columns = (w - 1) * stride - 2 * padding + k + output_padding
  return full[:, padding : padding + rows, padding : padding + columns]


@pytest.mark.parametrize(
  ('kernel', 'stride', 'padding'),
  [
    ((3, 3), (2, 2), (1, 1)),
    ((5, 5), (1, 2), (1, 1)),
    ((5, 4), (1, 1), (0, 0)),
    ((3, 3), (2, 2), ((0, 1), (0, 1))),
    ((3, 3), (3, 1), ((0, 1), (1, 1))),
  ],
)
def test_conv_is_the_sum_over_windows(kernel, stride, padding):
  x, w = random(0, 2, 8, 10, 3), random(1, *kernel, 3, 4)
  ours = conv_grads.conv(
    jnp.asarray(x), jnp.asarray(w), stride=stride, padding=padding
  )
  np.testing.assert_allclose(
    ours, convolved(x, w, stride, padding), rtol=1e-4, atol=1e-4
  )


GROWTHS = [
  (3, 2, 1, 1),
  (3, 1, 0, 0),
  (4, 1, 0, 0),
  (3, 3, 0, 0),
  (4, 2, 1, 0),
  (3, 2, 0, -1),
  (5, 2, 1, -1),
  (6, 1, 2, -1),
]


@pytest.mark.parametrize('growth', GROWTHS)
@pytest.mark.parametrize('adjoint', [False, True])
def test_transposed_conv_paints_every_pixel(growth, adjoint):
  k, stride, padding, output_padding = growth
  x, weight = random(2, 2, 3, 3, 5), random(3, k, k, 5, 4)
  mirrored = np.ascontiguousarray(weight[::-1, ::-1])
  ours = conv_grads.transposed_conv(
    jnp.asarray(x),
    jnp.asarray(mirrored),
    stride=stride,
    padding=padding,
    output_padding=output_padding,
    adjoint_gradient=adjoint,
  )
  np.testing.assert_allclose(
    ours, transposed(x, weight, *growth[1:]), rtol=1e-4, atol=1e-4
  )


def gradients(function, x, kernel):
  """Of a sum with random weights, for the input and the kernel."""

  def loss(x, kernel):
    y = function(x, kernel)
    return jnp.sum(y * random(9, *y.shape))

  return jax.jit(jax.grad(loss, (0, 1)))(x, kernel)


@pytest.mark.parametrize('growth', GROWTHS)
def test_adjoint_gradient_is_xlas_own(growth):
  k, stride, padding, output_padding = growth
  x, kernel = jnp.asarray(random(4, 2, 5, 5, 6)), random(5, k, k, 6, 4)
  function = functools.partial(
    conv_grads.transposed_conv,
    stride=stride,
    padding=padding,
    output_padding=output_padding,
  )
  ours, xlas = (
    gradients(functools.partial(function, adjoint_gradient=on), x, kernel)
    for on in (True, False)
  )
  for mine, theirs in zip(ours, xlas, strict=True):
    np.testing.assert_allclose(mine, theirs, rtol=5e-5, atol=5e-5)


@pytest.mark.parametrize(
  ('size', 'k', 'padding'), [(96, 3, 1), (50, 5, 2), (50, 4, (1, 2))]
)
def test_block_gradient_is_xlas_own(size, k, padding):
  x, kernel = jnp.asarray(random(6, 1, size, 4, 3)), random(7, k, k, 3, 2)
  function = functools.partial(conv_grads.conv, padding=(padding, padding))
  ours, xlas = (
    gradients(functools.partial(function, block_gradient=on), x, kernel)
    for on in (True, False)
  )
  for mine, theirs in zip(ours, xlas, strict=True):
    np.testing.assert_allclose(mine, theirs, rtol=5e-5, atol=5e-5)


def test_residual_is_added_between_norm_and_relu():
  block = layers.ConvBlock(3, residual=True)
  x = jnp.asarray(random(8, 2, 4, 4, 3))
  variables = block.init(jax.random.key(0), x, train=False)
  variables['params']['norm']['scale'] *= 0  # Nothing but the input is left.
  np.testing.assert_array_equal(
    block.apply(variables, x, train=False), nn.relu(x)
  )


def test_initial_weights_are_pytorchs():
  x = jnp.zeros((1, 4, 4, 8))
  conv = layers.Conv(256).init(jax.random.key(0), x)['params']
  bound = 1 / np.sqrt(8 * 9)  # inputs x kernel
  assert 0.99 * bound < jnp.abs(conv['kernel']).max() <= bound
  assert 0.95 * bound < jnp.abs(conv['bias']).max() <= bound
  growing = layers.TransposedConv(256).init(jax.random.key(0), x)['params']
  bound = 1 / np.sqrt(256 * 9)  # outputs x kernel
  assert 0.99 * bound < jnp.abs(growing['kernel']).max() <= bound


def test_batch_norm_keeps_nine_tenths_of_its_statistics():
  norm = layers.batch_norm(train=True, dtype=jnp.float32, name='norm')
  x = jnp.asarray([[1.0], [3.0]])  # mean 2, (biased) variance 1
  variables = norm.init(jax.random.key(0), x)
  _, state = norm.apply(variables, x, mutable=['batch_stats'])
  assert state['batch_stats']['mean'] == pytest.approx(0.9 * 0 + 0.1 * 2)
  assert state['batch_stats']['var'] == pytest.approx(0.9 * 1 + 0.1 * 1)


def test_pyramid_of_the_published_size():
  assert encoders.pyramid(96) == ((2, 2, 2, 2, 2), 3)
  assert encoders.pyramid(256) == ((2,) * 6, 4)
  assert encoders.pyramid(288) == ((2, 2, 2, 2, 2, 3), 3)


@pytest.mark.parametrize('size', [0, 16, 90, 100, 160])
def test_pyramid_refuses_other_sizes(size):
  with pytest.raises(ValueError, match=f'image_size {size} does not halve'):
    encoders.pyramid(size)
