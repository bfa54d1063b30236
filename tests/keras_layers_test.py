"""Keras's layers against XLA's own 'SAME', which is TensorFlow's, and numpy."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from lipsync_jax.models import keras_layers

pytestmark = pytest.mark.usefixtures('quick_compilation')

LAYOUT = ('NHWC', 'HWIO', 'NHWC')


def random(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
  ('size', 'kernel', 'stride', 'margin'),
  [
    (96, 5, 2, (1, 2)),  # even maps at stride 2: one more after than before
    (96, 3, 2, (0, 1)),
    (13, 3, 2, (1, 1)),
    (80, 3, 3, (0, 1)),
    (27, 3, 3, (0, 0)),
    (7, 6, 1, (2, 3)),
    (5, 1, 2, (0, 0)),
  ],
)
def test_same_margins(size, kernel, stride, margin):
  assert keras_layers.same(size, kernel, stride) == margin


@pytest.mark.parametrize('shape', [(8, 9), (9, 8), (12, 35)])
@pytest.mark.parametrize('stride', [1, 2, 3, (1, 2), (3, 1)])
def test_conv_pads_as_same(shape, stride):
  x = jnp.asarray(random(0, 2, *shape, 3))
  conv = keras_layers.Conv(4, 3, stride)
  params = conv.init(jax.random.key(0), x)['params']
  strides = stride if isinstance(stride, tuple) else (stride, stride)
  theirs = lax.conv_general_dilated(
    x, params['kernel'], strides, 'SAME', dimension_numbers=LAYOUT
  )
  np.testing.assert_allclose(conv.apply({'params': params}, x), theirs, 1e-5)


def test_valid_conv_meets_the_whole_map():
  x = jnp.asarray(random(0, 2, 4, 5, 3))
  conv = keras_layers.Conv(6, (4, 5), valid=True)
  params = conv.init(jax.random.key(0), x)['params']
  params['bias'] = jnp.arange(6.0)
  by_hand = np.einsum('nhwi,hwio->no', x, params['kernel']) + np.arange(6)
  ours = conv.apply({'params': params}, x)
  assert ours.shape == (2, 1, 1, 6)
  np.testing.assert_allclose(ours[:, 0, 0], by_hand, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
  ('rows', 'size', 'kernel', 'stride'),
  [(3, 6, 3, 2), (3, 5, 3, 2), (1, 3, 3, 3), (7, 14, 5, 2), (7, 13, 5, 2)]
  + [(7, 7, 6, 1), (7, 7, 5, 1)],
)
def test_transposed_conv_is_the_gradient_of_a_same_conv(
  rows, size, kernel, stride
):
  x = jnp.asarray(random(1, 2, rows, rows, 3))
  grow = keras_layers.TransposedConv(4, size, kernel, stride)
  params = grow.init(jax.random.key(0), x)['params']
  # Ours is kept flipped, [k, k, in, out], as Flax's transposed kernels are.
  mirrored = jnp.flip(params['kernel'], (0, 1)).swapaxes(2, 3)

  def shrink(y):
    return lax.conv_general_dilated(
      y, mirrored, (stride, stride), 'SAME', dimension_numbers=LAYOUT
    )

  _, pull = jax.vjp(shrink, jnp.zeros((2, size, size, 4)))
  np.testing.assert_allclose(
    grow.apply({'params': params}, x), pull(x)[0], rtol=1e-4, atol=1e-5
  )


def test_transposed_conv_names_a_size_out_of_reach():
  with pytest.raises(ValueError, match='3 rows do not grow to 7 at stride 2'):
    keras_layers.TransposedConv(4, 7).init(
      jax.random.key(0), jnp.zeros((1, 3, 3, 2))
    )


@pytest.mark.parametrize('stride', [(1, 2), (2, 2)])
def test_max_pool_pads_as_same(stride):
  x = jnp.asarray(random(2, 2, 12, 35, 3)) - 9  # all below a padded zero
  np.testing.assert_array_equal(
    keras_layers.max_pool(x, 3, stride), nn.max_pool(x, (3, 3), stride, 'SAME')
  )


def test_initial_weights_are_glorots():
  conv = keras_layers.Conv(256).init(jax.random.key(0), jnp.zeros((1, 4, 4, 8)))
  bound = np.sqrt(6 / (9 * 8 + 9 * 256))
  largest = jnp.abs(conv['params']['kernel']).max()
  assert 0.99 * bound < largest <= bound
  assert not conv['params']['bias'].any()


def test_batch_norm_keeps_eight_tenths_and_adds_a_thousandth():
  norm = keras_layers.batch_norm(train=True, dtype=jnp.float32, name='norm')
  x = jnp.asarray([[1.0], [3.0]])  # mean 2, variance 1
  variables = norm.init(jax.random.key(0), x)
  y, state = norm.apply(variables, x, mutable=['batch_stats'])
  assert state['batch_stats']['mean'] == pytest.approx(0.2 * 2)
  assert state['batch_stats']['var'] == pytest.approx(0.8 * 1 + 0.2 * 1)
  assert y[1, 0] == pytest.approx(1 / np.sqrt(1.001))


def test_map_norm_takes_rows_columns_and_channels_together():
  x = jnp.asarray(3 * random(3, 2, 4, 5, 6) + 2)
  norm = keras_layers.MapNorm()
  variables = norm.init(jax.random.key(0), x)
  assert jax.tree.map(jnp.shape, variables['params']) == {
    'scale': (1,),
    'bias': (1,),
  }
  variables = {'params': {'scale': jnp.array([2.0]), 'bias': jnp.array([0.5])}}
  for ours, picture in zip(norm.apply(variables, x), x, strict=True):
    by_hand = (picture - picture.mean()) / (picture.std() + 1e-3) * 2 + 0.5
    np.testing.assert_allclose(ours, by_hand, rtol=1e-4, atol=1e-5)


def test_map_norm_of_a_black_picture_has_a_finite_gradient():
  norm = keras_layers.MapNorm()
  x = jnp.zeros((1, 2, 2, 3))
  variables = norm.init(jax.random.key(0), x)
  gradient = jax.grad(lambda x: norm.apply(variables, x)[0, 0, 0, 0])(x)
  assert jnp.isfinite(gradient).all()
  assert not norm.apply(variables, x).any()
