"""Exported files compute what the network computes."""

import importlib

import jax
import jax.numpy as jnp
import pytest

from lipsync_jax import networks
from lipsync_jax.exporting import export, parity, plain, program
from lipsync_jax.models import conv_grads
from tests.small_networks import EXPERT, GENERATOR, variables_of

pytestmark = pytest.mark.usefixtures('quick_compilation')

LSTM = {
  **EXPERT,
  'module': 'lstm_cbam.Expert',
  'lstm_position': 'post',
  'bidirectional': True,
}
SPECS = {
  'wav2lip': GENERATOR,
  'lipgan': GENERATOR | {'module': 'lipgan.Generator', 'width': 1},
  'speech2vid': GENERATOR
  | {'module': 'speech2vid.Generator', 'stills': 5, 'pose_prior': True},
  'expert': EXPERT,
  'lstm_cbam': LSTM,
  'syncnet': EXPERT
  | {'module': 'syncnet.SyncNet', 'width': 8, 'image_size': 64},
  'syncnet_paper': EXPERT
  | {'module': 'syncnet_paper.SyncNet', 'width': 8, 'input_size': 45},
}
NEEDED = {'stablehlo': [], 'onnx': ['onnx', 'onnxruntime']}
NEEDED['tflite'] = ['tensorflow', 'ai_edge_litert']
CASES = [(name, 'onnx') for name in SPECS]
# Seconds each, and StableHLO is JAX's own.
CASES += [(name, 'stablehlo') for name in ('wav2lip', 'speech2vid')]
CASES += [(name, 'tflite') for name in ('wav2lip', 'lipgan', 'lstm_cbam')]


def need(format):
  for package in NEEDED[format]:
    if importlib.util.find_spec(package) is None:
      pytest.skip(f'{package} is not installed: {format} files go UNTESTED')


def check_parity(made, format, path):
  writer = importlib.import_module(
    f'lipsync_jax.exporting.{export.FORMATS[format]}'
  )
  writer.write(made, path)
  return parity.compare(made, lambda arrays: writer.run(path, arrays))


@pytest.mark.parametrize(('name', 'format'), CASES)
def test_every_family_in_every_format(tmp_path, name, format):
  need(format)
  spec = SPECS[name]
  made = program.of(networks.make(spec), variables_of(spec))
  for one in check_parity(made, format, tmp_path / 'file'):
    assert one.good, one
    # Constant results would agree with anything.
    assert one.differing < 0.01 * one.count if one.whole else one.largest > 0.1
    assert one.count > 4


@pytest.mark.parametrize('format', NEEDED)
@pytest.mark.parametrize(
  ('size', 'stride', 'padding', 'more'),
  [(3, 2, 1, 1), (3, 2, 1, 0), (3, 3, 0, 0), (5, 2, 1, -1), (3, 1, 0, 0)],
)
def test_transposed_convolutions(
  tmp_path, rng, format, size, stride, padding, more
):
  """TFLite gets those wrong whose padding is not the same on all sides."""
  need(format)
  kernel = jnp.array(rng.normal(size=(size, size, 4, 5)), jnp.float32)

  def grow(x):
    y = conv_grads.transposed_conv(
      x, kernel, stride=stride, padding=padding, output_padding=more
    )
    return (y,)

  x = program.Tensor('x', (6, 7, 4), 'float32', '')
  rows = [(n - 1) * stride - 2 * padding + size + more for n in (6, 7)]
  y = program.Tensor('y', (*rows, 5), 'float32', '')
  made = program.Program(grow, (x,), (y,))
  (found,) = check_parity(made, format, tmp_path / 'file')
  assert found.difference < 2e-5 < 1 < found.largest


def test_plain_programs_hold_nothing_that_formats_get_wrong():
  made = program.of(networks.make(LSTM), variables_of(LSTM))
  (batch,) = jax.export.symbolic_shape('n')
  traced = jax.jit(plain.plain(made.function)).trace(*made.shapes(batch))
  found = {equation.primitive.name for equation in traced.jaxpr.eqns}
  assert not found & {'gather', 'scan', 'jit', 'custom_jvp_call', 'random_seed'}

  def too_long(x):
    return jax.lax.scan(lambda c, _: (c + x, None), x, length=1000)[0]

  with pytest.raises(ValueError, match='1000 rounds is too long'):
    jax.jit(plain.plain(too_long)).trace(jnp.zeros(3))
