"""The network of the FID computes what pytorch-fid's does."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import conversion, torch_weights
from lipsync_jax.models import inception
from tests import narrow, parity

pytestmark = pytest.mark.usefixtures('quick_compilation')


@functools.cache
def original():
  return conversion.from_torch(parity.inception_state_dict())


def test_it_is_known_counted_and_comes_back_to_the_bit():
  assert original().found.kind == 'inception'
  assert original().found.spec['width'] == 32
  assert original().num_parameters == 23_850_960
  back = torch_weights.export('inception', original().variables)
  narrow.assert_same(back, parity.inception_state_dict())


def test_features_are_those_of_the_original():
  images = jnp.asarray(parity.inception_pictures(), jnp.float32) / 255
  network = inception.InceptionV3(resize=False)
  features, logits = jax.jit(network.apply)(original().variables, images)
  expected = parity.inception()
  np.testing.assert_allclose(features, expected['features'], atol=1e-4)
  np.testing.assert_allclose(logits[:, :64], expected['logits'], atol=1e-4)


def test_pictures_are_brought_to_299_pixels_as_the_original_does():
  large = parity.draw('inception_large', (1, 3, 331, 420), 'uniform')
  pictures = {
    'enlarged': parity.inception_pictures()[:1, :20, :30] / np.float32(255),
    'reduced': parity.channels_last(large),
  }
  for name, images in pictures.items():
    found = inception.resize(jnp.asarray(images))[0, ::23, ::23]
    expected = np.moveaxis(parity.inception()[name], 0, -1)
    np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=name)


def test_that_of_torchvision_is_refused():
  given = parity.inception_state_dict()
  given['fc.weight'] = given['fc.weight'][:1000]
  with pytest.raises(ValueError, match='1000 classes.*pytorch-fid'):
    conversion.from_torch(given)
