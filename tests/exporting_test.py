"""Exported files compute what the network computes; nothing else is kept."""

import importlib
import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import conversion, networks, published
from lipsync_jax.exporting import export, parity, plain, program, stablehlo
from lipsync_jax.models import conv_grads
from tools import export as tool

pytestmark = pytest.mark.usefixtures('quick_compilation')

GENERATOR = {'module': 'wav2lip.Generator', 'width': 2, 'image_size': 48}
EXPERT = {
  'module': 'expert.Expert',
  'width': 2,
  'embedding': 8,
  'image_size': 48,
}
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


def variables_of(spec):
  """He-normal kernels, lively statistics: numbers spread, none saturate."""
  rng = np.random.default_rng(0)

  def draw(path, leaf):
    if leaf.ndim > 1:
      scale = math.sqrt(2 / math.prod(leaf.shape[:-1]))
      return rng.normal(0, scale, leaf.shape).astype(np.float32)
    low, high = (0.5, 1.5) if path[-1].key in ('var', 'scale') else (-0.1, 0.1)
    return rng.uniform(low, high, leaf.shape).astype(np.float32)

  shapes = networks.variable_shapes(networks.make(spec))
  return jax.tree_util.tree_map_with_path(draw, shapes)


def write_run(folder, kind, spec):
  about = {'objective': 'cosine_bce', 'data': {'licences': ['CC BY 4.0']}}
  converted = conversion.Converted(
    published.Found(kind, spec, ()), variables_of(spec), 7, about
  )
  conversion.save(folder, converted)
  return str(folder)


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


def test_the_command(tmp_path, capsys):
  run = write_run(tmp_path / 'run', 'expert', EXPERT)
  output = tmp_path / 'expert.stablehlo'
  words = ['--checkpoint', run, '--output', str(output), '--format']
  assert tool.main([*words, 'stablehlo']) == 0
  printed = capsys.readouterr().out
  assert 'face_embedding: largest difference to JAX ' in printed
  assert 'frames uint8 [n, 5, 48, 48, 3]' in printed
  assert 'Licence: CC BY 4.0' in printed
  about = json.loads((tmp_path / 'expert.stablehlo.json').read_text())
  assert about['data']['licences'] == ['CC BY 4.0']
  assert about['objective'] == 'cosine_bce' and about['step'] == 7
  assert [t['name'] for t in about['inputs']] == ['sound', 'frames']
  # The file alone: pictures as they are, any number of them.
  loaded = jax.export.deserialize(bytearray(output.read_bytes()))
  sound = np.zeros((5, 80, 16, 1), np.float32)
  frames = np.full((5, 5, 48, 48, 3), 255, np.uint8)
  made = loaded.call(sound=sound, frames=frames)
  network, variables, _ = networks.load(run, 'expert')
  unit = jnp.asarray(frames, jnp.float32) / 255
  variables = jax.tree.map(jnp.asarray, variables)
  ours = network.apply(variables, jnp.asarray(sound), unit, train=False)
  np.testing.assert_allclose(made['face_embedding'], ours[1], atol=1e-6)
  assert tool.main([*words, 'stablehlo']) == 2
  assert 'exists; give another name' in capsys.readouterr().err


def test_what_computes_something_else_is_not_kept(tmp_path, monkeypatch):
  run = write_run(tmp_path / 'run', 'generator', GENERATOR)
  right = stablehlo.run

  def wrong(path, arrays):
    generated = right(path, arrays)['generated']
    return {'generated': generated ^ np.uint8(4)}

  monkeypatch.setattr(stablehlo, 'run', wrong)
  with pytest.raises(ValueError, match='Nothing was written.*differs.* by 4'):
    export.export(run, tmp_path / 'file', format='stablehlo')
  assert [path.name for path in tmp_path.iterdir()] == ['run']


def test_what_cannot_be_exported(tmp_path):
  spec = {'module': 'discriminator.Discriminator', 'width': 2, 'image_size': 48}
  run = write_run(tmp_path / 'run', 'discriminator', spec)
  for network, said in (
    (None, 'neither a generator nor'),
    ('discriminator', 'neither a generator nor'),
    ('judge', "holds discriminator, not 'judge'"),
  ):
    with pytest.raises(ValueError, match=said):
      export.export(run, tmp_path / 'f', format='stablehlo', network=network)
  with pytest.raises(ValueError, match="'pth' is none of stablehlo, onnx"):
    export.export(run, tmp_path / 'f', format='pth')


@pytest.mark.parametrize('format', ['onnx', 'tflite'])
def test_a_missing_package_is_named(tmp_path, monkeypatch, format):
  run = write_run(tmp_path / 'run', 'generator', GENERATOR)
  for package in ('onnx', 'tensorflow'):
    monkeypatch.setitem(__import__('sys').modules, package, None)
  with pytest.raises(ValueError, match=r"needs .*pip install -e '.\[export\]'"):
    export.export(run, tmp_path / 'file', format=format)
