"""Who may import whom (one way), and one file per large dependency."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FILES = sorted(
  path
  for folder in ('lipsync_jax', 'input_pipeline', 'configs', 'tools')
  for path in (ROOT / folder).rglob('*.py')
)
# The lowest level knows nothing of ours but itself.
LEVEL_0 = (
  'lipsync_jax.models',
  'lipsync_jax.losses',
  'lipsync_jax.metrics',
)
MACHINERY = (
  'lipsync_jax.train_state',
  'lipsync_jax.train_step',
  'lipsync_jax.optimizer',
  'lipsync_jax.sharding',
  'lipsync_jax.checkpoint',
  'lipsync_jax.metric_writer',
  'lipsync_jax.training.accumulation',
  'lipsync_jax.training.gradients',
  'lipsync_jax.training.health',
)
# What the machinery may use of the other side: files, not data.
FILES_ONLY = (
  'input_pipeline.media',
  'input_pipeline.tfrecord',
  'input_pipeline.whole_file',
)
TOP = ('lipsync_jax.main', 'tools')
# Who may import a dependency.
DOORS = {
  'grain': {'input_pipeline.dataset'},
  'orbax': {'lipsync_jax.checkpoint'},
  'wandb': {'lipsync_jax.metric_writer'},
  'tensorboardX': {'lipsync_jax.metric_writer'},
  'yaml': {'lipsync_jax.sweeps.description'},
  'tensorflow': {'lipsync_jax.exporting.tflite'},
  'ai_edge_litert': {'lipsync_jax.exporting.tflite'},
  'onnx': {'lipsync_jax.exporting.onnx_graph'},
  'onnxruntime': {'lipsync_jax.exporting.onnx_file'},
  'openvino': {'lipsync_jax.exporting.openvino_model'},
  'apache_beam': {
    'input_pipeline.preparation.beam_files',
    'input_pipeline.preparation.beam_pipeline',
    'input_pipeline.preparation.beam_run',
    'input_pipeline.preparation.beam_steps',
  },
  'gradio': {'lipsync_jax.page.build'},
  'c2pa': {'lipsync_jax.inference.credentials'},
  'dlib': {'lipsync_jax.judging.landmarks'},
  'cryptography': {'lipsync_jax.inference.certificates'},
  'torch': {
    'lipsync_jax.torch_files',
    'tools.benchmark_torch',
    'tools.benchmark_torch_steps',
  },
  'safetensors': {'lipsync_jax.weight_files'},
  'ml_collections': {
    'lipsync_jax.config_flag',
    'configs.common',
    'configs.prepare',
  },
}


def module_name(path: pathlib.Path) -> str:
  parts = path.relative_to(ROOT).with_suffix('').parts
  return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imports(path: pathlib.Path) -> set[str]:
  found = set()
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      found |= {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
      found |= {f'{node.module}.{alias.name}' for alias in node.names}
  return found


def within(name: str, packages) -> bool:
  return any(name == p or name.startswith(f'{p}.') for p in packages)


@pytest.mark.parametrize('path', FILES, ids=module_name)
def test_imports(path):
  name, found = module_name(path), imports(path)
  ours = {
    i
    for i in found
    if within(i, ('lipsync_jax', 'input_pipeline', 'configs', 'tools'))
  }

  def refuse(what, why):
    assert not what, f'{name} imports {sorted(what)}: {why}'

  if within(name, ['input_pipeline']):
    refuse(
      {i for i in found if within(i, ['jax', 'flax', 'optax', 'lipsync_jax'])},
      'media knows nothing of models',
    )
  if within(name, LEVEL_0):
    refuse({i for i in ours if not within(i, LEVEL_0)}, 'the lowest level')
  if within(name, ['lipsync_jax.tasks']):
    allowed = (*LEVEL_0, 'lipsync_jax.tasks')
    refuse({i for i in ours if not within(i, allowed)}, 'tasks know networks')
  if within(name, MACHINERY):
    allowed = (*MACHINERY, *FILES_ONLY, 'lipsync_jax.tasks.base')
    refuse({i for i in ours if not within(i, allowed)}, 'no concrete task')
  if not within(name, TOP):
    refuse({i for i in ours if within(i, TOP)}, 'nobody imports tools or main')
  if not within(
    name, ['lipsync_jax.models', 'lipsync_jax.tasks', 'lipsync_jax.networks']
  ):
    refuse({i for i in found if within(i, ['flax.linen'])}, 'behind networks')


@pytest.mark.parametrize('dependency', DOORS)
def test_one_door_per_dependency(dependency):
  users = {
    module_name(path)
    for path in FILES
    if any(within(i, [dependency]) for i in imports(path))
  }
  others = {u for u in users if not within(u, DOORS[dependency])}
  assert not others


def test_the_top_level_is_fixed():
  folders = {p.name for p in ROOT.iterdir() if p.is_dir()}
  ours = {'lipsync_jax', 'input_pipeline', 'configs', 'tests', 'colab', 'tools'}
  assert ours <= folders
  assert not [p for p in FILES if p.stem in ('utils', 'helpers', 'misc')]
