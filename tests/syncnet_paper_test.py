import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import syncnet_paper

pytestmark = pytest.mark.usefixtures('quick_compilation')

SMALL = dict(width=4, image_size=60, embedding=8, input_size=45)


def shapes(network):
  """Of variables and embeddings."""
  size = network.image_size
  inputs = (
    jax.ShapeDtypeStruct((2, 13, 20, 1), jnp.float32),
    jax.ShapeDtypeStruct((2, 5, size, size, 3), jnp.float32),
  )
  both = functools.partial(network.init_with_output, train=False)
  outputs, variables = jax.eval_shape(both, jax.random.key(0), *inputs)
  return variables, outputs


def test_layers_are_as_printed():
  variables, (audio, face) = shapes(syncnet_paper.SyncNet())
  assert audio.shape == face.shape == (2, 256)

  def kernels(tower):
    trunk = variables['params'][tower]['trunk']
    return [trunk[f'block_{i}']['conv']['kernel'].shape for i in range(6)]

  middle = [(3, 3, 96, 256), (3, 3, 256, 512)] + 2 * [(3, 3, 512, 512)]
  assert kernels('audio_encoder') == [
    (3, 3, 1, 96),
    *middle,
    (5, 4, 512, 4096),
  ]
  assert kernels('face_encoder') == [
    (3, 3, 5, 96),
    *middle,
    (6, 6, 512, 4096),
  ]
  sizes = [leaf.size for leaf in jax.tree.leaves(variables['params'])]
  assert sum(sizes) == 131_818_112


@pytest.mark.parametrize('input_size', [45, 56, 111])
def test_width_and_bfloat16(input_size):
  network = syncnet_paper.SyncNet(
    width=12, dtype=jnp.bfloat16, input_size=input_size
  )
  variables, outputs = shapes(network)
  trunk = variables['params']['face_encoder']['trunk']
  assert trunk['block_5']['conv']['kernel'].shape[2:] == (64, 512)
  for leaf in jax.tree.leaves((variables, outputs)):
    assert leaf.dtype == jnp.float32


def test_too_small_an_input_is_refused():
  with pytest.raises(ValueError, match='at least 45, not 44'):
    shapes(syncnet_paper.SyncNet(width=4, input_size=44))


def test_a_wrong_picture_size_is_named():
  network = syncnet_paper.SyncNet(**SMALL)
  frames = jnp.zeros((1, 5, 50, 50, 3))
  with pytest.raises(ValueError, match='60 pixels, got 50 x 50'):
    network.init(jax.random.key(0), frames, train=False, method='embed_face')


def test_embeddings_may_point_anywhere_and_see_mouths_only(rng):
  network = syncnet_paper.SyncNet(**SMALL)
  mfcc = jnp.asarray(rng.normal(scale=10, size=(4, 13, 20, 1)), jnp.float32)
  frames = jnp.asarray(rng.uniform(size=(4, 5, 60, 60, 3)), jnp.float32)

  @jax.jit
  def embed(mfcc, frames):
    both, variables = network.init_with_output(
      jax.random.key(0), mfcc, frames, train=True
    )
    apply = functools.partial(network.apply, variables, train=False)
    # Above and beside the square of 36 pixels.
    elsewhere = frames.at[:, :, :24].set(0).at[:, :, :, :12].set(0)
    changed = frames.at[:, :, 30, 30].set(0)
    faces = [
      apply(f, method='embed_face') for f in (frames, elsewhere, changed)
    ]
    return both, faces

  (audio, face), (plain, elsewhere, changed) = embed(mfcc, frames)
  for embedding in (audio, face):
    assert embedding.shape == (4, 8)
    assert embedding.min() < 0 < embedding.max()
  np.testing.assert_array_equal(plain, elsewhere)
  assert jnp.abs(plain - changed).max() > 1e-6


def test_mouths_are_grey_and_in_order():
  colours = jnp.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
  frames = jnp.broadcast_to(colours[None, :, None, None], (2, 4, 20, 20, 3))
  made = syncnet_paper.mouths(frames, 5)
  assert made.shape == (2, 5, 5, 4)
  expected = [76.245, 149.685, 29.07, 255]
  np.testing.assert_allclose(
    made, np.broadcast_to(expected, made.shape), rtol=1e-5
  )


def test_mouths_are_cut_from_the_middle_of_the_bottom():
  # The square of a 20 pixel picture: rows 8..19, columns 4..15.
  frames = jnp.zeros((1, 1, 20, 20, 3)).at[:, :, 8, 4].set(1)
  made = syncnet_paper.mouths(frames, 12)[0, :, :, 0]
  assert made[0, 0] == pytest.approx(255)
  assert made.sum() == pytest.approx(255)
  # Half the size: averaged, not picked.
  smaller = syncnet_paper.mouths(frames, 6)[0, :, :, 0]
  assert 0 < smaller[0, 0] < 255
