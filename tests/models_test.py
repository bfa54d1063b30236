"""Sizes, shapes and types of every network."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import discriminator, expert, syncnet, wav2lip

pytestmark = pytest.mark.usefixtures('quick_compilation')

MEL = jax.ShapeDtypeStruct((2, 80, 16, 1), jnp.float32)


def picture(*shape):
  return jax.ShapeDtypeStruct((2, *shape), jnp.float32)


def example(network):
  """A network's inputs and mode."""
  size = network.image_size
  if isinstance(network, syncnet.SyncNet):
    return (picture(13, 20, 1), picture(5, size, size, 3)), {'train': False}
  if isinstance(network, wav2lip.Generator):
    return (MEL, picture(size, size, 6)), {'train': False}
  if isinstance(network, expert.Expert):
    return (MEL, picture(5, size, size, 3)), {'train': False}
  return (picture(size // 2, size, 3),), {}


def shapes(network):
  """Of variables and outputs."""
  inputs, mode = example(network)
  init = functools.partial(network.init, **mode)
  variables = jax.eval_shape(init, jax.random.key(0), *inputs)
  outputs = jax.eval_shape(
    functools.partial(network.apply, **mode), variables, *inputs
  )
  return variables, outputs


@pytest.mark.parametrize(
  ('network', 'parameters'),
  [
    (wav2lip.Generator(), 36_298_035),
    (expert.Expert(), 16_435_072),
    (discriminator.Discriminator(), 14_113_793),
    (syncnet.SyncNet(), 13_631_616),
  ],
)
def test_published_networks_have_the_published_size(network, parameters):
  variables, _ = shapes(network)
  leaves = jax.tree.leaves(variables['params'])
  assert sum(leaf.size for leaf in leaves) == parameters
  assert {leaf.dtype for leaf in leaves} == {np.dtype('float32')}


@pytest.mark.parametrize('size', [24, 48, 64, 96, 128, 192, 256, 288, 384])
def test_every_image_size_works_at_quarter_width(size):
  _, made = shapes(wav2lip.Generator(4, size))
  assert made.shape == (2, size, size, 3)
  _, (audio, face) = shapes(expert.Expert(8, size, embedding=128))
  assert audio.shape == face.shape == (2, 128)
  _, logits = shapes(discriminator.Discriminator(8, size))
  assert logits.shape == (2, 1)


def test_larger_pictures_add_stages_and_keep_those_they_have():
  small, _ = shapes(wav2lip.Generator(4, 96))
  large, _ = shapes(wav2lip.Generator(4, 192))
  small, large = (v['params']['face_encoder'] for v in (small, large))
  # 192 has one stage more between its map of 3 x 3 and that of 96.
  assert 'stage_7_block_0' in large
  assert 'stage_7_block_0' not in small
  for name in ('stage_0_block_0', 'stage_1_block_0', 'stage_4_block_2'):
    assert small[name] == large[name]


def test_width_scales_every_channel_count():
  full, _ = shapes(wav2lip.Generator(16))
  quarter, _ = shapes(wav2lip.Generator(4))
  wide = full['params']['face_encoder']['stage_5_block_0']['conv']['kernel']
  thin = quarter['params']['face_encoder']['stage_5_block_0']['conv']['kernel']
  assert wide.shape == (3, 3, 256, 512)
  assert thin.shape == (3, 3, 64, 128)


@pytest.mark.parametrize(
  'network',
  [
    wav2lip.Generator(4, 24, jnp.bfloat16),
    expert.Expert(4, 24, 16, jnp.bfloat16),
    discriminator.Discriminator(4, 24, jnp.bfloat16),
  ],
)
def test_bfloat16_computes_between_float32_ends(network):
  variables, outputs = shapes(network)
  for leaf in jax.tree.leaves((variables, outputs)):
    assert leaf.dtype == jnp.float32
  inputs, mode = example(network)
  apply = functools.partial(network.apply, **mode)
  program = jax.make_jaxpr(apply)(variables, *inputs)
  types = [e.invars[0].aval.dtype for e in convolutions(program.jaxpr)]
  # All but the last layer of the generator and the discriminator.
  assert types.count(jnp.bfloat16) >= len(types) - 1 > 8


def convolutions(jaxpr):
  """The convolutions of a program and of those it calls."""
  for equation in jaxpr.eqns:
    if equation.primitive.name == 'conv_general_dilated':
      yield equation
    for value in equation.params.values():
      inner = getattr(value, 'jaxpr', value)
      if hasattr(inner, 'eqns'):
        yield from convolutions(inner)


@pytest.fixture(scope='module')
def small_expert():
  network = expert.Expert(4, 24, embedding=16)
  rng = np.random.default_rng(0)
  mel = jnp.asarray(rng.standard_normal((3, 80, 16, 1)), jnp.float32)
  mouth = jnp.asarray(rng.uniform(size=(3, 5, 24, 24, 3)), jnp.float32)
  init = jax.jit(functools.partial(network.init, train=False))
  variables = init(jax.random.key(0), mel, mouth)
  return network, variables, mel, mouth


def test_expert_embeds_into_the_unit_sphere_without_negatives(small_expert):
  network, variables, *inputs = small_expert
  apply = jax.jit(functools.partial(network.apply, train=False))
  for embedding in apply(variables, *inputs):
    assert jnp.linalg.norm(embedding, axis=1) == pytest.approx(np.ones(3))
    assert embedding.min() >= 0


def test_expert_embeds_one_modality_like_both(small_expert):
  network, variables, mel, mouth = small_expert

  @jax.jit
  def embed(variables, mel, mouth):
    apply = functools.partial(network.apply, variables, train=False)
    one = apply(mel, method='embed_audio'), apply(mouth, method='embed_face')
    return one, apply(mel, mouth)

  one, both = embed(variables, mel, mouth)
  jax.tree.map(np.testing.assert_array_equal, one, both)


def test_expert_names_a_wrong_picture_size(small_expert):
  network, variables, _, mouth = small_expert
  with pytest.raises(ValueError, match='pictures of 24 pixels, got 12 x 12'):
    network.apply(
      variables, mouth[:, :, :12, :12], train=False, method='embed_face'
    )


def test_generator_names_a_wrong_picture_size():
  face = jnp.zeros((1, 48, 48, 6))
  with pytest.raises(ValueError, match='48 pixels, image_size 24'):
    wav2lip.Generator(4, 24).init(
      jax.random.key(0), jnp.zeros((1, 80, 16, 1)), face, train=False
    )


def test_generator_input_hides_the_lower_half_of_the_target():
  target, reference = jnp.ones((5, 4, 4, 3)), jnp.full((5, 4, 4, 3), 0.5)
  face = wav2lip.generator_input(target, reference)
  assert (face[:, :2, :, :3] == 1).all()
  assert (face[:, 2:, :, :3] == 0).all()
  assert (face[..., 3:] == 0.5).all()
