import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import cbam, expert, layers, lstm_cbam

pytestmark = pytest.mark.usefixtures('quick_compilation')

SMALL = dict(width=4, image_size=24, embedding=16)


def shapes(network):
  """Of variables and embeddings."""
  size = network.image_size
  inputs = (
    jax.ShapeDtypeStruct((2, 80, 16, 1), jnp.float32),
    jax.ShapeDtypeStruct((2, 5, size, size, 3), jnp.float32),
  )
  both = functools.partial(network.init_with_output, train=False)
  outputs, variables = jax.eval_shape(both, jax.random.key(0), *inputs)
  return variables, outputs


def count(tree):
  return sum(leaf.size for leaf in jax.tree.leaves(tree))


def test_the_parts_have_their_size():
  params = shapes(lstm_cbam.Expert())[0]['params']
  plain = shapes(expert.Expert())[0]['params']
  # PyTorch's two biases would make the LSTM 51,840.
  assert count(params['audio_encoder']['memory']) == 51_840 - 4 * 80
  audio, face = (
    count(params[tower]) - count(plain[tower])
    for tower in ('audio_encoder', 'face_encoder')
  )
  assert (audio, face) == (102_194 + 51_520, 237_602)
  assert count(params) == 16_826_388


@pytest.fixture(scope='module')
def inputs():
  rng = np.random.default_rng(0)
  mel = jnp.asarray(rng.standard_normal((2, 80, 16, 1)), jnp.float32)
  return mel, jnp.asarray(rng.uniform(size=(2, 5, 24, 24, 3)), jnp.float32)


def test_without_lstm_and_cbam_it_is_wav2lips_expert(inputs):
  plain = expert.Expert(**SMALL)
  ablated = lstm_cbam.Expert(**SMALL, use_lstm=False, use_cbam=False)
  assert shapes(ablated) == shapes(plain)

  @jax.jit
  def embed(inputs):
    variables = plain.init(jax.random.key(0), *inputs, train=False)
    return [n.apply(variables, *inputs, train=False) for n in (plain, ablated)]

  for ours, theirs in zip(*embed(inputs), strict=True):
    np.testing.assert_array_equal(ours, theirs)


def test_it_embeds_into_the_unit_sphere_without_negatives(rng, inputs):
  network = lstm_cbam.Expert(**SMALL)
  # Drawn by numpy: compiling `init` takes most of a minute.
  low = {'params': -0.3, 'batch_stats': 0.1}  # a variance is positive
  variables = {
    kind: jax.tree.map(
      lambda leaf, low=low[kind]: rng.uniform(low, 0.4, leaf.shape), tree
    )
    for kind, tree in shapes(network)[0].items()
  }
  apply = jax.jit(functools.partial(network.apply, train=False))
  for embedding in apply(variables, *inputs):
    assert jnp.linalg.norm(embedding, axis=1) == pytest.approx(np.ones(2))
    assert embedding.min() >= network.least_cosine == 0


@pytest.mark.parametrize(
  'options',
  [{'lstm_position': 'post'}, {'bidirectional': True}, {'use_cbam': False}],
)
def test_every_variant_embeds_in_float32(options):
  network = lstm_cbam.Expert(**SMALL, dtype=jnp.bfloat16, **options)
  variables, (audio, face) = shapes(network)
  assert audio.shape == face.shape == (2, 16)
  for leaf in jax.tree.leaves((variables, audio, face)):
    assert leaf.dtype == jnp.float32


def test_the_late_lstm_hears_the_widest_map():
  params = shapes(lstm_cbam.Expert(lstm_position='post'))[0]['params']
  memory = params['audio_encoder']['memory']
  assert memory['forward']['ii']['kernel'].shape == (256, 256)


def test_an_unknown_position_is_refused():
  with pytest.raises(ValueError, match="'first' or 'post', not 'last'"):
    shapes(lstm_cbam.Expert(lstm_position='last'))


def torch_lstm(x, params):
  """[t, d] -> [t, d], PyTorch's equations, its two biases as one."""

  def sigmoid(x):
    return 1 / (1 + np.exp(-x))

  hidden, cell, heard = np.zeros(x.shape[1]), np.zeros(x.shape[1]), []
  for row in x:
    i, f, g, o = (
      row @ params[f'i{gate}']['kernel']
      + hidden @ params[f'h{gate}']['kernel']
      + params[f'h{gate}']['bias']
      for gate in 'ifgo'
    )
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    hidden = sigmoid(o) * np.tanh(cell)
    heard.append(hidden)
  return np.array(heard)


def test_the_lstm_is_pytorchs_and_adds_to_its_input(rng):
  mel = rng.standard_normal((1, 6, 5, 1)).astype(np.float32)
  module = lstm_cbam.ResidualLSTM(whole_columns=True)
  out, variables = module.init_with_output(jax.random.key(0), jnp.asarray(mel))
  columns = mel[0, :, :, 0].T
  expected = columns + torch_lstm(columns, variables['params']['forward'])
  np.testing.assert_allclose(out[0, :, :, 0].T, expected, atol=1e-5)


def test_rows_of_a_map_are_sequences_of_their_own(rng):
  x = rng.standard_normal((1, 2, 3, 4)).astype(np.float32)
  module = lstm_cbam.ResidualLSTM(whole_columns=False)
  out, variables = module.init_with_output(jax.random.key(0), jnp.asarray(x))
  for row, made in zip(x[0], out[0], strict=True):
    expected = row + torch_lstm(row, variables['params']['forward'])
    np.testing.assert_allclose(made, expected, atol=1e-5)


@pytest.mark.parametrize('bidirectional', [False, True])
def test_only_two_directions_hear_the_future(rng, bidirectional):
  x = jnp.asarray(rng.standard_normal((1, 4, 3, 1)), jnp.float32)
  module = lstm_cbam.ResidualLSTM(True, bidirectional)
  out, variables = module.init_with_output(jax.random.key(0), x)
  changed = module.apply(variables, x.at[:, :, -1].add(1))
  moved = jnp.abs(out - changed)[0, :, 0].max()
  assert (moved > 1e-4) == bidirectional


def test_initial_weights_are_pytorchs():
  module = lstm_cbam.ResidualLSTM(whole_columns=True)
  params = module.init(jax.random.key(0), jnp.zeros((1, 64, 2, 1)))['params']
  bound = 1 / 8  # of 64 hidden units
  for gate in 'ifgo':
    for weight in (f'i{gate}', f'h{gate}'):
      top = jnp.abs(params['forward'][weight]['kernel']).max()
      assert 0.98 * bound < top <= bound
  bias = jnp.concatenate([params['forward'][f'h{g}']['bias'] for g in 'ifgo'])
  # Two uniform biases: up to twice the bound, and twice the variance.
  assert bound < jnp.abs(bias).max() <= 2 * bound
  assert bias.var() == pytest.approx(2 * bound**2 / 3, rel=0.2)


def test_attention_comes_between_convolution_and_norm(rng):
  x = jnp.asarray(rng.standard_normal((2, 4, 4, 3)), jnp.float32)
  block = layers.ConvBlock(3, residual=True, attention=cbam.CBAM)
  variables = block.init(jax.random.key(0), x, train=False)

  def part(module, name, x, **mode):
    own = {kind: tree[name] for kind, tree in variables.items() if name in tree}
    return module.apply(own, x, **mode)

  y = part(layers.Conv(3), 'conv', x)
  y = part(cbam.CBAM(), 'attention', y, train=False)
  norm = layers.batch_norm(train=False, dtype=jnp.float32, name='norm')
  expected = nn.relu(part(norm, 'norm', y) + x)
  np.testing.assert_allclose(
    block.apply(variables, x, train=False), expected, atol=1e-6
  )
