"""Networks without BatchNorm compute what they computed with it."""

import flax.errors
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import traverse_util

from lipsync_jax import networks
from lipsync_jax.models import layers
from tests import exporting_test, small_networks

pytestmark = pytest.mark.usefixtures('quick_compilation')

SPECS = exporting_test.SPECS
# Between all its convolutions and BatchNorms there is attention.
KEPT = {'lstm_cbam': {'norm'}}


class Sideways(nn.Module):
  """A convolution that is called twice, and BatchNorms."""

  norms: tuple[str, str]
  image_size: int = 8

  @nn.compact
  def __call__(self, picture):
    conv = layers.Conv(2, use_bias=False, name='conv')
    norms = {
      name: layers.batch_norm(train=False, dtype=jnp.float32, name=name)
      for name in sorted(set(self.norms))
    }
    first, second = self.norms
    return norms[first](conv(picture)), norms[second](conv(2 * picture))


def inputs_of(network, count=2):
  shapes, options = networks.example(network)
  rng = np.random.default_rng(1)
  arrays = [
    jnp.asarray(rng.uniform(size=(count, *shape.shape[1:])), shape.dtype)
    for shape in shapes
  ]
  return arrays, options


def lively(network):
  """Variables whose BatchNorms all do something."""
  arrays, options = inputs_of(network)
  variables = network.init(jax.random.key(0), *arrays, **options)
  rng = np.random.default_rng(0)
  return jax.tree.map(
    lambda x: jnp.asarray(rng.uniform(0.5, 1.5, x.shape), x.dtype), variables
  )


def norms_left(variables):
  """Names of the BatchNorms that still have statistics."""
  flat = traverse_util.flatten_dict(variables.get('batch_stats', {}))
  return {path[-2] for path in flat}


@pytest.mark.parametrize('name', SPECS)
def test_every_family_computes_the_same(name):
  network = networks.make(SPECS[name])
  variables = small_networks.variables_of(SPECS[name])
  before = jax.tree.map(np.copy, variables)
  folded = networks.folded(network, variables)
  jax.tree.map(np.testing.assert_array_equal, variables, before)
  assert norms_left(variables) and norms_left(folded) == KEPT.get(name, set())

  arrays, options = inputs_of(network)
  apply = jax.jit(
    lambda variables: network.apply(variables, *arrays, **options)
  )
  for ours, wanted in zip(
    jax.tree.leaves(apply(folded)),
    jax.tree.leaves(apply(variables)),
    strict=True,
  ):
    assert wanted.std() > 1e-3 * abs(wanted).max()
    # A tenth of a level of 255.
    np.testing.assert_allclose(ours, wanted, atol=4e-4 * abs(wanted).max())

  again = networks.folded(network, folded)
  assert jax.tree.structure(again) == jax.tree.structure(folded)
  jax.tree.map(np.testing.assert_array_equal, again, folded)


def test_no_operation_of_batch_norm_is_left():
  spec = SPECS['wav2lip']
  network = networks.make(spec)
  arrays, options = inputs_of(network)

  def roots(variables):
    apply = jax.make_jaxpr(lambda v: network.apply(v, *arrays, **options))
    return str(apply(variables)).count('rsqrt')

  variables = small_networks.variables_of(spec)
  assert roots(variables) == 44 and not roots(
    networks.folded(network, variables)
  )


@pytest.mark.parametrize(
  ('norms', 'left'), [(('a', 'a'), set()), (('a', 'b'), {'a', 'b'})]
)
def test_a_layer_before_two_batch_norms_keeps_them(norms, left):
  network = Sideways(norms)
  variables = lively(network)
  folded = networks.folded(network, variables)
  assert norms_left(folded) == left
  (picture,), _ = inputs_of(network)
  for ours, wanted in zip(
    network.apply(folded, picture),
    network.apply(variables, picture),
    strict=True,
  ):
    np.testing.assert_allclose(ours, wanted, rtol=1e-5)


def test_folded_networks_do_not_train():
  spec = SPECS['wav2lip']
  network = networks.make(spec)
  folded = networks.folded(network, small_networks.variables_of(spec))
  arrays, options = inputs_of(network)
  with pytest.raises(ValueError, match='folded'):
    network.apply(
      folded, *arrays, **options | {'train': True}, mutable=['batch_stats']
    )


def test_missing_numbers_are_no_folded_ones():
  network = Sideways(('a', 'b'))
  variables = lively(network)
  del variables['params']['a'], variables['batch_stats']['a']
  (picture,), _ = inputs_of(network)
  with pytest.raises(flax.errors.FlaxError):
    network.apply(variables, picture)
