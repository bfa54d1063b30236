"""LPIPS computes what the package does, and comes in in every form it has."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import conversion, torch_weights
from lipsync_jax.models import lpips
from tests import parity

pytestmark = pytest.mark.usefixtures('quick_compilation')


@functools.cache
def original():
  return conversion.from_torch(parity.lpips_state_dict())


def two_files():
  """The same weights as torchvision's AlexNet and as the linear layers."""
  whole = parity.lpips_state_dict()
  alexnet = {
    f'features.{key.split(".", 2)[2]}': value
    for key, value in whole.items()
    if key.startswith('net.')
  }
  alexnet['classifier.1.weight'] = np.zeros((2, 2), np.float32)
  kept = ('lin0.', 'lin1.', 'lin2.', 'lin3.', 'lin4.')
  return alexnet, {k: v for k, v in whole.items() if k.startswith(kept)}


def test_distances_are_those_of_the_original():
  images, others = (
    jnp.asarray(x, jnp.float32) / 255 for x in parity.lpips_pictures()
  )
  apply = jax.jit(lpips.LPIPS().apply)
  found = apply(original().variables, images, others)
  np.testing.assert_allclose(found, parity.lpips()['distances'], atol=1e-5)
  same = apply(original().variables, images, images)
  np.testing.assert_array_equal(same, 0)


def test_the_whole_module_and_two_files_are_the_same_network():
  assert original().found.kind == 'lpips'
  assert original().found.spec['width'] == 64
  # 1,152 of them are the linear layers'.
  assert original().num_parameters == 2_470_848
  alexnet, linear = two_files()
  joined = conversion.from_torch(alexnet | linear)
  jax.tree.map(
    np.testing.assert_array_equal, joined.variables, original().variables
  )
  back = torch_weights.export('lpips', joined.variables)
  assert set(linear) < set(back) and len(back) == 15
  for key, value in back.items():
    np.testing.assert_array_equal(value, parity.lpips_state_dict()[key])


def test_what_is_missing_is_said():
  with pytest.raises(ValueError, match="torchvision's alexnet-owt-7be5be79"):
    conversion.from_torch(two_files()[1])
  other = parity.lpips_state_dict()
  other['net.slice1.0.weight'] = np.zeros((64, 3, 3, 3), np.float32)
  with pytest.raises(ValueError, match='on another network'):
    conversion.from_torch(other)


def test_pictures_that_are_too_small_are_refused():
  small = jnp.zeros((1, 30, 40, 3))
  with pytest.raises(ValueError, match='40 x 30 pixels are too small'):
    jax.eval_shape(lpips.LPIPS().apply, original().variables, small, small)
  smallest = jnp.zeros((1, 31, 31, 3))
  found = jax.eval_shape(
    lpips.LPIPS().apply, original().variables, smallest, smallest
  )
  assert found.shape == (1,)
