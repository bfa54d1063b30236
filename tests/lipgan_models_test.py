"""LipGAN's networks: their sizes and types, and the discriminator."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import lipgan, lipgan_tables, lipgan_towers

pytestmark = pytest.mark.usefixtures('quick_compilation')

WIDTH, SIZE = 4, 24


def spec(*shape):
  return jax.ShapeDtypeStruct((2, *shape), jnp.float32)


def draw_inputs(size, sound):
  shape = lipgan_tables.SOUND_SHAPES[sound]
  return spec(*shape), spec(size, size, 3), spec(1, size, size, 3)


def count(tree):
  return sum(leaf.size for leaf in jax.tree.leaves(tree))


def draw_of(network, **kwargs):
  return functools.partial(network.apply, method='draw', **kwargs)


def variables_of(network):
  init = functools.partial(network.init, train=False, method='draw')
  inputs = draw_inputs(network.image_size, network.sound)
  return jax.eval_shape(init, jax.random.key(0), *inputs)


@pytest.mark.parametrize(
  ('sound', 'parameters', 'statistics'),
  [('mfcc35_lipgan', 71_331_987, 38_592), ('mel27', 49_543_123, 30_848)],
)
def test_generator_has_the_published_size(sound, parameters, statistics):
  variables = variables_of(lipgan.Generator(sound=sound))
  assert count(variables['params']) == parameters
  assert count(variables['batch_stats']) == statistics


@pytest.mark.parametrize(
  ('sound', 'parameters'), [('mfcc35_lipgan', 14_382_742), ('mel27', 8_240_022)]
)
def test_discriminator_has_the_published_size(sound, parameters):
  inputs = spec(96, 96, 3), spec(*lipgan_tables.SOUND_SHAPES[sound])
  variables = jax.eval_shape(
    lipgan.Discriminator(sound=sound).init, jax.random.key(0), *inputs
  )
  assert count(variables) == count(variables['params']) == parameters


@pytest.mark.parametrize('sound', ['mel27', 'mfcc35_lipgan'])
@pytest.mark.parametrize('size', [24, 48, 64, 96, 128, 192, 256, 288])
def test_every_image_size_works(size, sound):
  network = lipgan.Generator(WIDTH, size, sound)
  inputs = draw_inputs(size, sound)
  made = jax.eval_shape(
    draw_of(network, train=False), variables_of(network), *inputs
  )
  assert made == spec(size, size, 3)
  judge = lipgan.Discriminator(WIDTH, size, sound)
  variables = jax.eval_shape(
    judge.init, jax.random.key(0), inputs[1], inputs[0]
  )
  distances = jax.eval_shape(judge.apply, variables, inputs[1], inputs[0])
  assert distances == spec()


def test_audio_towers_shrink_as_published():
  def sizes(sound):
    tower = lipgan_towers.Tower(
      tuple(lipgan_tables.audio_rows(sound, 4)), jnp.float32
    )
    init = functools.partial(tower.init_with_output, train=False)
    maps, _ = jax.eval_shape(
      init, jax.random.key(0), spec(*lipgan_tables.SOUND_SHAPES[sound])
    )
    return [m.shape[1:3] for m in maps]

  one = (1, 1)
  assert sizes('mel27') == [(80, 27), (27, 9), (9, 9), (3, 3), one, one]
  assert sizes('mfcc35_lipgan') == [
    (12, 35),
    (13, 18),
    (7, 9),
    (4, 5),
    one,
    one,
  ]


def test_distances_of_embeddings_lie_within_two_and_have_gradients():
  judge = lipgan.Discriminator(WIDTH, SIZE)
  rng = np.random.default_rng(1)
  sound = jnp.asarray(rng.standard_normal((3, 80, 27, 1)), jnp.float32)
  frames = jnp.asarray(rng.uniform(size=(3, SIZE, SIZE, 3)), jnp.float32)
  frames = frames.at[2].set(0)  # All black: nothing to normalise.
  variables = jax.jit(judge.init)(jax.random.key(0), frames, sound)

  @jax.jit
  def judged(variables, frames):
    distances, pull = jax.vjp(
      lambda v, f: judge.apply(v, f, sound), variables, frames
    )
    return distances, pull(jnp.ones(3))

  distances, gradients = judged(variables, frames)
  assert distances.shape == (3,)
  assert ((distances > 0) & (distances <= 2)).all()
  for leaf in jax.tree.leaves(gradients):
    assert jnp.isfinite(leaf).all()
  # It sees the whole face.
  assert gradients[1][0, : SIZE // 2].any()
  assert gradients[1][0, SIZE // 2 :].any()


def convolution_types(program):
  """What each convolution of a program results in."""
  return re.findall(r':(\w+)\[[^]]*\] = conv_general_dilated', str(program))


def test_bfloat16_computes_between_float32_ends():
  network = lipgan.Generator(WIDTH, SIZE, dtype=jnp.bfloat16)
  sound, target, stills = draw_inputs(SIZE, network.sound)
  variables = variables_of(network)
  assert {v.dtype for v in jax.tree.leaves(variables)} == {jnp.dtype('float32')}
  apply = draw_of(network, train=False)
  program = jax.make_jaxpr(apply)(variables, sound, target, stills)
  assert program.out_avals[0].dtype == jnp.float32
  # All but the last.
  types = convolution_types(program)
  assert types == ['bf16'] * (len(types) - 1) + ['f32'] and len(types) > 40
  judge = lipgan.Discriminator(WIDTH, SIZE, dtype=jnp.bfloat16)
  variables = jax.eval_shape(judge.init, jax.random.key(0), target, sound)
  program = jax.make_jaxpr(judge.apply)(variables, target, sound)
  assert program.out_avals[0].dtype == jnp.float32
  assert convolution_types(program) == ['bf16'] * 10


def test_unknown_sound_is_named():
  inputs = draw_inputs(SIZE, 'mel27')
  init = functools.partial(
    lipgan.Generator(WIDTH, SIZE, 'mel').init, train=False, method='draw'
  )
  with pytest.raises(ValueError, match="sound is 'mel'; known are"):
    jax.eval_shape(init, jax.random.key(0), *inputs)
