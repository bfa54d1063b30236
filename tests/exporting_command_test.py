"""What `tools.export` says and writes, and what it does not keep."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import networks
from lipsync_jax.exporting import export, stablehlo
from tests.small_networks import EXPERT, GENERATOR, write_run
from tools import export as tool

pytestmark = pytest.mark.usefixtures('quick_compilation')


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
