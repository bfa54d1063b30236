"""Every module can be imported with what is installed, without a warning."""

import importlib
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
MODULES = sorted(
  '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix(
    '.__init__'
  )
  for folder in ('lipsync_jax', 'input_pipeline', 'configs', 'tools')
  for path in (ROOT / folder).rglob('*.py')
)
# Of extras; tests of what needs them say that they are skipped.
EXTRAS = {
  'ai_edge_litert',
  'apache_beam',
  'c2pa',
  'dlib',
  'gradio',
  'onnx',
  'onnxruntime',
  'openvino',
  'tensorflow',
  'torch',
}


@pytest.mark.parametrize('module', MODULES)
def test_import(module):
  try:
    importlib.import_module(module)
  except ModuleNotFoundError as error:
    if error.name not in EXTRAS:
      raise
    pytest.skip(f'{error.name} is not installed')
