"""What a TPU would make of programs, on programs one can count by hand."""

import importlib

import jax
import jax.numpy as jnp
import lowered
import pytest

from lipsync_jax.models import conv_grads, target_platform
from lipsync_jax.tpu import (
  findings,
  operations,
  programs,
  report,
)
from tools import describe as command

# ml_collections loads config files in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)


def test_a_transpose_of_activations_is_found():
  def moves(state, batch):
    return lowered.convolve(state, {'x': jnp.moveaxis(batch['x'], 1, 0)})

  found = findings.moved(
    lowered.read(moves, {'k': lowered.array(3, 3, 6, 8)}, lowered.SMALL[1])
  )
  assert [o.permutation for o in found] == [(1, 0, 2, 3)]
  assert findings.moved_bytes(found) == 4 * 10 * 10 * 6 * 2
  assert not findings.moved(lowered.read(lowered.convolve, *lowered.SMALL))


def test_transposes_of_weights_and_of_their_gradients_are_none():
  def dense(state, batch):
    return batch['x'] @ state['k'].T

  def squares(state, batch):
    return (dense(state, batch) ** 2).astype(jnp.float32).sum()

  program = lowered.read(
    jax.grad(squares), {'k': lowered.array(5, 6)}, {'x': lowered.array(4, 6)}
  )
  assert program.of('transpose') and not findings.moved(program)


def test_an_axis_of_length_one_is_moved_for_nothing():
  def moves(state, batch):
    return state['k'] * jnp.moveaxis(batch['x'], 1, 3)

  program = lowered.read(
    moves, {'k': lowered.array()}, {'x': lowered.array(4, 1, 10, 6)}
  )
  assert program.of('transpose') and not findings.moved(program)


def test_operations_of_a_loop_count_as_often_as_it_runs():
  def loop(state, batch):
    def body(carry, x):
      return carry + x.T @ state['k'], None

    return jax.lax.scan(body, jnp.zeros((6, 5), jnp.bfloat16), batch['x'])[0]

  program = lowered.read(
    loop, {'k': lowered.array(4, 5)}, {'x': lowered.array(7, 4, 6)}
  )
  (product,) = program.of('dot_general')
  assert product.times == 7 and product.product.flops == 2 * 6 * 4 * 5
  (moved,) = findings.moved(program)
  assert moved.times == 7


def test_a_float32_convolution_is_found():
  half = lowered.read(lowered.gradient(lowered.convolve), *lowered.SMALL)
  whole = lowered.read(
    lowered.gradient(lowered.convolve),
    {'k': lowered.array(3, 3, 6, 32, dtype=jnp.float32)},
    {'x': lowered.array(4, 10, 10, 6, dtype=jnp.float32)},
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

  program = lowered.read(
    jax.grad(lambda *a: (wide(*a) ** 2).sum()), *lowered.SMALL
  )
  assert {o.result.dtype for o in program.of('convolution')} == {'f32', 'bf16'}
  assert not findings.wide(program)


def test_a_tpu_computes_no_gradients_by_blocks():
  """Lowering on a CPU must not take what CPUs run well."""
  state = {'k': lowered.array(3, 3, 32, 64), 't': lowered.array(3, 3, 64, 32)}
  batch = {'x': lowered.array(2, 48, 48, 32)}

  def network(state, batch):
    y = conv_grads.conv(batch['x'], state['k'], padding=(1, 1))
    return conv_grads.transposed_conv(y, state['t'], stride=2, padding=1)

  def count(platform):
    with target_platform.tracing_for(platform):
      traced = jax.jit(lowered.gradient(network)).trace(state, batch)
    text = traced.lower(lowering_platforms=('tpu',)).as_text()
    return text.count('stablehlo.convolution')

  # The first layer, the gradients of both kernels, and that of the second's
  # input; a sum needs no second layer.
  assert programs.PLATFORM == 'tpu' and count('tpu') == 4
  # Of the first kernel, that of each of six blocks of 8 rows.
  assert count('cpu') == 3 + 6
  found = programs.lower(jax.jit(lowered.gradient(network)), state, batch)
  assert found.as_text().count('stablehlo.convolution') == count('tpu')
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
