"""Speech2Vid's generator: sizes and types."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import speech2vid

pytestmark = pytest.mark.usefixtures('quick_compilation')

WIDTH, SIZE = 4, 24


def shapes(network):
  size = network.image_size
  return (
    (2, 12, 35, 1),
    (2, size, size, 3),
    (2, network.stills, size, size, 3),
  )


def specs(network):
  return [jax.ShapeDtypeStruct(s, jnp.float32) for s in shapes(network)]


def init_of(network):
  return functools.partial(network.init, train=False, method='draw')


def draw_of(network, **kwargs):
  return functools.partial(network.apply, method='draw', **kwargs)


def variables_of(network):
  key = jax.random.key(0)
  return jax.eval_shape(init_of(network), key, *specs(network))


@pytest.mark.parametrize(
  ('fields', 'parameters'),
  [
    ({}, 41_691_877),
    ({'stills': 5}, 41_748_325),
    ({'pose_prior': True}, 41_705_989),
  ],
)
def test_documented_sizes(fields, parameters):
  variables = variables_of(speech2vid.Generator(**fields))
  leaves = jax.tree.leaves(variables['params'])
  assert sum(leaf.size for leaf in leaves) == parameters
  assert {leaf.dtype for leaf in leaves} == {np.dtype('float32')}


@pytest.mark.parametrize('stills', [1, 5])
@pytest.mark.parametrize('size', [16, 48, 96, 100, 109, 112, 128, 256, 288])
def test_every_image_size_works(size, stills):
  network = speech2vid.Generator(WIDTH, size, stills, pose_prior=True)
  made = jax.eval_shape(
    draw_of(network, train=False), variables_of(network), *specs(network)
  )
  assert made.shape == (2, size, size, 3)


def test_width_scales_every_channel_count():
  def channels(width):
    leaves = jax.tree.leaves(variables_of(speech2vid.Generator(width, 112)))
    # The map the decoder begins with, 7 x 7 x 2, and RGB stay.
    return [leaf.shape[-1] for leaf in leaves if leaf.shape[-1] not in (3, 98)]

  full, half = channels(64), channels(32)
  assert full == [2 * features for features in half]


def test_without_pose_prior_the_target_is_not_seen():
  network = speech2vid.Generator(WIDTH, 16)
  sound, target, stills = (jnp.full(s, 0.5) for s in shapes(network))
  variables = jax.jit(init_of(network))(
    jax.random.key(0), sound, target, stills
  )
  apply = jax.jit(draw_of(network, train=False))
  np.testing.assert_array_equal(
    apply(variables, sound, target, stills),
    apply(variables, sound, jnp.ones_like(target), stills),
  )


def test_bfloat16_computes_between_float32_ends():
  network = speech2vid.Generator(WIDTH, SIZE, dtype=jnp.bfloat16)
  variables = variables_of(network)
  assert {v.dtype for v in jax.tree.leaves(variables)} == {jnp.dtype('float32')}
  apply = draw_of(network, train=False)
  program = jax.make_jaxpr(apply)(variables, *specs(network))
  assert program.out_avals[0].dtype == jnp.float32
  types = re.findall(r':(\w+)\[[^]]*\] = conv_general_dilated', str(program))
  assert types == ['bf16'] * 15 + ['f32']  # All but the last.


def test_too_small_pictures_are_named():
  with pytest.raises(ValueError, match='image_size is 8, at least 16'):
    variables_of(speech2vid.Generator(WIDTH, 8))
