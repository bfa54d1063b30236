"""What LipGAN's and Speech2Vid's generators see, hide, and how they train."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import lipgan, speech2vid

pytestmark = pytest.mark.usefixtures('quick_compilation')

SIZE = 24
NETWORKS = {
  'lipgan': lipgan.Generator(4, SIZE),
  'speech2vid': speech2vid.Generator(4, SIZE, stills=5, pose_prior=True),
}
SOUNDS = {'mel27': (80, 27, 1), 'mfcc35': (12, 35, 1)}
# Blocks that take a skip, how many channels they take, and those of the skip.
SKIPS = {
  'lipgan': [
    ('output_0', 8, slice(4)),
    ('grow_3', 16, slice(8)),
    ('grow_2', 32, slice(16)),
    ('grow_1', 64, slice(32)),
  ],
  'speech2vid': [
    ('grow_2', 16 + 16, slice(16, None)),
    ('grow_3', 6 + 16, slice(6, None)),
    ('grow_4', 6 + 6, slice(6, None)),
  ],
}


@pytest.fixture(scope='module', params=NETWORKS)
def name(request):
  return request.param


@pytest.fixture(scope='module')
def network(name):
  return NETWORKS[name]


@pytest.fixture(scope='module')
def inputs(network):
  """Sound, target and stills of two examples."""
  rng = np.random.default_rng(0)
  picture = (SIZE, SIZE, 3)
  shapes = SOUNDS[network.sound], picture, (network.stills, *picture)
  return tuple(
    jnp.asarray(rng.uniform(size=(2, *shape)), jnp.float32) for shape in shapes
  )


@pytest.fixture(scope='module')
def variables(network, inputs):
  init = functools.partial(network.init, train=False, method='draw')
  return jax.jit(init)(jax.random.key(0), *inputs)


@pytest.fixture(scope='module')
def draw(network, variables):
  """Inputs to pictures and the statistics after them, not training."""
  apply = functools.partial(
    network.apply, train=False, method='draw', mutable=['batch_stats']
  )
  return functools.partial(jax.jit(apply), variables)


@pytest.fixture(scope='module')
def drawn(draw, inputs):
  return draw(*inputs)[0]


@pytest.fixture(scope='module')
def trained(network, variables, inputs):
  """Gradients and new statistics of a training step."""
  apply = functools.partial(
    network.apply, train=True, method='draw', mutable=['batch_stats']
  )

  @jax.jit
  def step(params, stats):
    def loss(params):
      variables = {'params': params, 'batch_stats': stats}
      made, state = apply(variables, *inputs)
      return jnp.abs(made - inputs[1]).mean(), state['batch_stats']

    return jax.grad(loss, has_aux=True)(params)

  return step(variables['params'], variables['batch_stats'])


def test_pictures_are_between_black_and_white(drawn):
  assert drawn.shape == (2, SIZE, SIZE, 3)
  assert drawn.dtype == jnp.float32
  assert drawn.min() > 0 and drawn.max() < 1
  assert drawn.std() > 0


def test_the_lower_half_of_the_target_is_hidden(draw, drawn, inputs):
  sound, target, stills = inputs
  lower = target.at[:, SIZE // 2 :].set(1)
  np.testing.assert_array_equal(draw(sound, lower, stills)[0], drawn)
  last_seen = target.at[:, SIZE // 2 - 1].set(1)
  assert (draw(sound, last_seen, stills)[0] != drawn).any((1, 2, 3)).all()


def test_the_sound_matters(draw, drawn, inputs):
  sound, target, stills = inputs
  made = draw(sound + 1, target, stills)[0]
  assert (made != drawn).any((1, 2, 3)).all()


def test_the_lower_half_of_every_still_matters(draw, drawn, inputs, network):
  sound, target, stills = inputs
  for k in range(network.stills):
    other = stills.at[:, k, SIZE // 2 :].multiply(0.5)
    made = draw(sound, target, other)[0]
    assert (made != drawn).any((1, 2, 3)).all(), k


def test_published_input_is_the_stills_then_the_masked_target(
  network, variables, inputs, drawn
):
  sound, target, stills = inputs
  masked = np.array(target)
  masked[:, SIZE // 2 :] = 0
  face = jnp.concatenate([*stills.swapaxes(0, 1), masked], -1)

  @jax.jit
  def both(variables):
    init = network.init(jax.random.key(0), sound, face, train=False)
    return init, network.apply(variables, sound, face, train=False)

  init, made = both(variables)
  np.testing.assert_allclose(made, drawn, rtol=1e-4)
  jax.tree.map(np.testing.assert_array_equal, init, variables)


def test_gradients_are_finite_and_reach_every_kernel(trained):
  for path, leaf in jax.tree.leaves_with_path(jax.device_get(trained[0])):
    assert np.isfinite(leaf).all(), path
    if 'kernel' in str(path):
      assert leaf.any(), path


def test_every_channel_of_every_skip_is_used(name, trained):
  gradients = jax.device_get(trained[0]['face_decoder'])
  for block, channels, skip in SKIPS[name]:
    kernel = gradients[block]['conv']['kernel']
    assert kernel.shape[2] == channels
    assert np.abs(kernel).max((0, 1, 3))[skip].min() > 0, block


def test_statistics_move_in_training_only(variables, trained, draw, inputs):
  before, after = jax.device_get((variables['batch_stats'], trained[1]))
  for old, new in zip(
    jax.tree.leaves(before), jax.tree.leaves(after), strict=True
  ):
    assert (old != new).any()
  state = draw(*inputs)[1]
  jax.tree.map(np.testing.assert_array_equal, state['batch_stats'], before)


def test_wrong_sizes_are_named(network, variables, inputs):
  sound, target, stills = inputs
  draw = functools.partial(network.apply, train=False, method='draw')
  with pytest.raises(ValueError, match=f'{network.sound} features are '):
    draw(variables, sound[:, :, :16], target, stills)
  with pytest.raises(ValueError, match='(?i)pictures'):
    draw(variables, sound, target[:, ::2, ::2], stills[:, :, ::2, ::2])
  many = jnp.concatenate([stills, stills], 1)
  with pytest.raises(ValueError, match=f'{2 * network.stills} stills'):
    draw(variables, sound, target, many)
