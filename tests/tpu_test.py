"""What a TPU would make of programs, on programs one can count by hand."""

import importlib

import jax
import jax.numpy as jnp
import pytest

from lipsync_jax.models import conv_grads
from lipsync_jax.tpu import (
  findings,
  operations,
  products,
  programs,
  report,
  roofline,
  tiles,
)
from lipsync_jax.training import device_speed
from tools import describe as command

# ml_collections loads config files in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)


def array(*shape, dtype=jnp.bfloat16):
  return jax.ShapeDtypeStruct(shape, dtype)


def read(function, state, batch):
  """A program of a function of state and batch, each a dict of shapes."""

  def named(state, batch):
    return function(state, batch)

  lowered = programs.lower(jax.jit(named), state, batch)
  return operations.read(lowered, batch='batch')


def convolve(state, batch):
  return conv_grads.conv(batch['x'], state['k'], padding=(1, 1))


def gradient(function):
  def loss(state, batch):
    return function(state, batch).astype(jnp.float32).sum()

  return jax.grad(loss)


SMALL = {'k': array(3, 3, 6, 32)}, {'x': array(4, 10, 10, 6)}


def test_a_transpose_of_activations_is_found():
  def moves(state, batch):
    return convolve(state, {'x': jnp.moveaxis(batch['x'], 1, 0)})

  found = findings.moved(read(moves, {'k': array(3, 3, 6, 8)}, SMALL[1]))
  assert [o.permutation for o in found] == [(1, 0, 2, 3)]
  assert findings.moved_bytes(found) == 4 * 10 * 10 * 6 * 2
  assert not findings.moved(read(convolve, *SMALL))


def test_transposes_of_weights_and_of_their_gradients_are_none():
  def dense(state, batch):
    return batch['x'] @ state['k'].T

  def squares(state, batch):
    return (dense(state, batch) ** 2).astype(jnp.float32).sum()

  program = read(jax.grad(squares), {'k': array(5, 6)}, {'x': array(4, 6)})
  assert program.of('transpose') and not findings.moved(program)


def test_an_axis_of_length_one_is_moved_for_nothing():
  def moves(state, batch):
    return state['k'] * jnp.moveaxis(batch['x'], 1, 3)

  program = read(moves, {'k': array()}, {'x': array(4, 1, 10, 6)})
  assert program.of('transpose') and not findings.moved(program)


def test_operations_of_a_loop_count_as_often_as_it_runs():
  def loop(state, batch):
    def body(carry, x):
      return carry + x.T @ state['k'], None

    return jax.lax.scan(body, jnp.zeros((6, 5), jnp.bfloat16), batch['x'])[0]

  program = read(loop, {'k': array(4, 5)}, {'x': array(7, 4, 6)})
  (product,) = program.of('dot_general')
  assert product.times == 7 and product.product.flops == 2 * 6 * 4 * 5
  (moved,) = findings.moved(program)
  assert moved.times == 7


def test_a_float32_convolution_is_found():
  half = read(gradient(convolve), *SMALL)
  whole = read(
    gradient(convolve),
    {'k': array(3, 3, 6, 32, dtype=jnp.float32)},
    {'x': array(4, 10, 10, 6, dtype=jnp.float32)},
  )
  assert len(half.of('convolution')) == len(whole.of('convolution')) > 0
  assert not findings.wide(half)
  assert findings.wide(whole) == whole.of('convolution')
  assert 'in float32' in report.checks('x', whole)


def test_a_float32_result_is_no_float32_convolution():
  def wide(state, batch):
    return conv_grads.conv(
      batch['x'], state['k'], padding=(1, 1), result_dtype=jnp.float32
    )

  program = read(jax.grad(lambda *a: (wide(*a) ** 2).sum()), *SMALL)
  assert {o.result.dtype for o in program.of('convolution')} == {'f32', 'bf16'}
  assert not findings.wide(program)


def test_wide_results_round_only_the_operands():
  rng = jax.random.key(0)
  x = jax.random.normal(rng, (2, 5, 6, 3), jnp.bfloat16)
  kernel = jax.random.normal(rng, (3, 3, 3, 4), jnp.bfloat16)

  def loss(x, kernel, **options):
    y = conv_grads.conv(x, kernel, padding=(1, 1), **options)
    assert y.dtype == jnp.float32
    return (y**2).sum(), y

  both = jax.value_and_grad(loss, (0, 1), has_aux=True)
  (_, made), grads = both(x, kernel, result_dtype=jnp.float32)
  (_, exact), expected = both(*map(jnp.float32, (x, kernel)))
  assert jnp.abs(made - exact).max() < 1e-5
  for a, b in zip(grads, expected, strict=True):
    assert a.dtype == jnp.bfloat16
    assert jnp.abs(a.astype(jnp.float32) - b).max() < 0.02 * jnp.abs(b).max()


def test_padding_of_a_convolution_counted_by_hand():
  (found,) = read(convolve, *SMALL).of('convolution')
  product = found.product
  # Of 10 x 3 rows and taps of each axis, 2 lie outside.
  assert product.flops == 2 * 4 * 6 * 32 * 28**2
  assert product.window == (3, 3)
  # bfloat16: 6 channels to 16, 32 to 128, a batch of 4 to 16; the other way
  # around, 32 stays and the batch grows to 128: twice as much.
  padded = tiles.padded(product, itemsize=2)
  assert padded[1:] == (16, 128, 16)
  assert padded.share == pytest.approx(1 - 6 * 32 * 4 / (16 * 128 * 16))
  # float32: 8 rows to a tile.
  padded = tiles.padded(product, itemsize=4)
  assert padded[1:] == (8, 128, 8)
  assert report.waste([found]) == pytest.approx(1 - 6 * 32 * 4 / 2**15)


def test_a_large_batch_takes_the_lanes():
  made = products.Product(256, 16, 32, (3, 3), 1.0, ())
  assert tiles.padded(made, itemsize=2).share == 0
  # 200 pictures of 3 channels: 200 x 16 to 256, not 208 x 128.
  assert tiles.nbytes((200, 3, 10), 2) == 256 * 16 * 10 * 2
  assert tiles.nbytes((200, 3, 10), 4) == 256 * 8 * 10 * 4
  assert tiles.nbytes((16, 128, 1), 2) == 16 * 128 * 2


def by_hand(rows, summed, columns):
  """A program of one bfloat16 product that fills its tiles."""

  def multiply(state, batch):
    return batch['x'] @ state['k']

  return read(
    multiply, {'k': array(summed, columns)}, {'x': array(rows, summed)}
  )


V5E, V5E_8, V6E = roofline.SLICES


def test_a_large_product_is_bound_by_multiplying():
  n = 8192
  found = roofline.expect(by_hand(n, n, n), V5E, gradient_bytes=0)
  multiplying = 2 * n**3 / 197e12
  moving = 3 * n**2 * 2 / 819e9
  assert found.compute == found.padded == pytest.approx(multiplying)
  # The same arrays once more as what the program is given and gives.
  assert found.memory == pytest.approx(2 * moving)
  assert found.expected == found.least == pytest.approx(multiplying + moving)
  faster = roofline.expect(by_hand(n, n, n), V6E, gradient_bytes=0)
  assert faster.compute == pytest.approx(2 * n**3 / 918e12)


def test_a_thin_product_is_bound_by_memory():
  found = roofline.expect(by_hand(16, 4096, 4096), V5E, gradient_bytes=0)
  assert found.compute < found.memory
  assert found.expected == pytest.approx(found.memory)
  # On units twice as wide, 64 channels fill a quarter.
  narrow = by_hand(32, 16, 64)
  for slice_, width in ((V5E, 128), (V6E, 256)):
    times = roofline.expect(narrow, slice_, gradient_bytes=0)
    assert times.padded == pytest.approx(times.compute * width / 64)


def test_gradients_go_around_a_ring():
  chip = device_speed.specification('TPU v5 lite')
  assert roofline.all_reduce(10**9, 1, chip) == 0
  # 7/8 of them out, 7/8 of the sums; 50 GB/s over each of two links.
  assert roofline.all_reduce(10**9, 8, chip) == pytest.approx(1.75e9 / 100e9)
  program = by_hand(16, 128, 128)
  alone, eight = (
    roofline.expect(program, s, gradient_bytes=10**9) for s in (V5E, V5E_8)
  )
  assert eight.expected == pytest.approx(alone.expected + 0.0175)
  assert eight.least == pytest.approx(0.0175)


def test_a_tpu_computes_no_gradients_by_blocks():
  """Lowering on a CPU must not take what CPUs run well."""
  state = {'k': array(3, 3, 32, 64), 't': array(3, 3, 64, 32)}
  batch = {'x': array(2, 48, 48, 32)}

  def network(state, batch):
    y = conv_grads.conv(batch['x'], state['k'], padding=(1, 1))
    return conv_grads.transposed_conv(y, state['t'], stride=2, padding=1)

  def count(platform):
    with conv_grads.for_platform(platform):
      traced = jax.jit(gradient(network)).trace(state, batch)
    text = traced.lower(lowering_platforms=('tpu',)).as_text()
    return text.count('stablehlo.convolution')

  # The first layer, the gradients of both kernels, and that of the second's
  # input; a sum needs no second layer.
  assert programs.PLATFORM == 'tpu' and count('tpu') == 4
  # Of the first kernel, that of each of six blocks of 8 rows.
  assert count('cpu') == 3 + 6
  lowered = programs.lower(jax.jit(gradient(network)), state, batch)
  assert lowered.as_text().count('stablehlo.convolution') == count('tpu')
  assert count('') == count(jax.default_backend())


def tiny(name, **overrides):
  module, _, variant = name.partition(':')
  config = importlib.import_module(f'configs.{module}').get_config(variant)
  config.dtype, config.batch_size = 'bfloat16', 4
  for network in config.networks.values():
    if 'width' in network:
      network.width = 2
  config.update(overrides)
  return config


# What cannot be: a recurrence takes its time step by step, so time leads.
RECURRENT = ('RNN', 'memory', 'scan_fn')


@pytest.mark.parametrize(
  'name',
  [
    'expert',
    'lip_reading',
    'lipgan',
    'lstm_cbam',
    'speech2vid:five',
    'syncnet',
    'wav2lip:gan',
  ],
)
def test_training_steps_move_nothing_and_multiply_in_bfloat16(name):
  config = tiny(name)
  step = programs.training(config, batch_size=config.batch_size)
  program = operations.read(step.lowered, batch=programs.BATCH)
  assert len(program.of('convolution')) > 10
  assert not findings.wide(program)
  moved = [o.where for o in findings.moved(program)]
  recurrent = name in ('lip_reading', 'lstm_cbam')
  assert bool(moved) == recurrent
  assert all(any(r in where for r in RECURRENT) for where in moved), moved


def test_micro_batches_are_not_moved():
  config = tiny('expert', accumulate=2)
  step = programs.training(config, batch_size=config.batch_size)
  program = operations.read(step.lowered, batch=programs.BATCH)
  assert not findings.moved(program) and not findings.wide(program)
  assert {o.times for o in program.of('convolution')} == {2}


def test_command_prints_layers_and_times(capsys):
  words = ['--config=configs/expert.py', '--tpu', '--config.batch_size=4']
  small = ['--config.networks.expert.width=2', '--config.image_size=48']
  assert command.main([*words, *small]) == 0
  printed = capsys.readouterr().out
  assert 'bfloat16, 4 examples on one chip' in printed
  assert '- training step: 0 transposes of activations, 0 of' in printed
  assert '- expert, forward: 0 transposes of activations, 0 of' in printed
  assert 'audio_encoder/block_0/conv | 64 | 1 -> 2 | 3 x 3 |' in printed
  assert '| v5e-1 | 4 |' in printed and '| v6e-1 | 4 |' in printed
  assert '| v5e-8 | batch_size=4 does not divide by 8 |' in printed


def test_command_says_what_goes_together():
  with pytest.raises(SystemExit):
    command.main(['--checkpoint=.', '--tpu'])
