"""The notebooks do what they say, with small settings, and hold nothing else.

Each is run as it is, from its first cell to its last; only values of its cell
tagged `parameters` are replaced.
"""

import ast
import json
import pathlib

import nbclient
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / 'colab').glob('*.ipynb'))
TINY = (
  '--config.num_steps={} --config.eval_every=1 --config.log_every=1 '
  '--config.image_size=24 '
)
EXPERT = TINY + (
  '--config.networks.expert.width=2 --config.data.windows_per_clip=4 '
  '--config.optimizer.expert.warmup_steps=0'
)
GENERATOR = TINY + (
  '--config.networks.generator.width=2 --config.eval_batches=1 '
  '--config.optimizer.generator.warmup_steps=0'
)


def read(name):
  return nbformat.read(ROOT / 'colab' / f'{name}.ipynb', as_version=4)


def code(notebook):
  return [cell for cell in notebook.cells if cell.cell_type == 'code']


def parameters(notebook):
  """The cell of the settings; there is one."""
  [cell] = [
    c for c in notebook.cells if 'parameters' in c.metadata.get('tags', ())
  ]
  return cell


def names(cell):
  """What a cell sets."""
  return {
    target.id
    for node in ast.parse(cell.source).body
    if isinstance(node, ast.Assign)
    for target in node.targets
  }


@pytest.fixture
def run(monkeypatch):
  """Runs a notebook with other settings; returns what it printed."""

  def run(name, *, devices, **settings):
    monkeypatch.setenv('JAX_PLATFORMS', 'cpu')
    monkeypatch.setenv('JAX_NUM_CPU_DEVICES', str(devices))
    monkeypatch.setenv('JAX_DISABLE_MOST_OPTIMIZATIONS', '1')
    notebook = read(name)
    cell = parameters(notebook)
    assert set(settings) <= names(cell)
    values = [f'{key} = {value!r}' for key, value in settings.items()]
    place = notebook.cells.index(cell) + 1
    notebook.cells.insert(place, nbformat.v4.new_code_cell('\n'.join(values)))
    resources = {'metadata': {'path': str(ROOT)}}
    nbclient.NotebookClient(
      notebook, timeout=600, kernel_name='python3', resources=resources
    ).execute()
    return notebook

  return run


def printed(notebook):
  return ''.join(
    output.get('text', '') for cell in code(notebook) for output in cell.outputs
  )


def pictures(notebook, kind='image/png'):
  return sum(
    kind in output.get('data', {})
    for cell in code(notebook)
    for output in cell.outputs
  )


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_saved_without_outputs(path):
  content = json.loads(path.read_text(encoding='utf-8'))
  nbformat.validate(content)
  assert set(content['metadata']) == {'kernelspec', 'language_info'}
  for cell in content['cells']:
    assert set(cell['metadata']) <= {'tags'}
    assert not cell.get('outputs')
    assert cell.get('execution_count') is None


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_commands_that_fail_are_noticed(path):
  """`!command` goes on whatever happens, so there is none."""
  for cell in code(read(path.stem)):
    ast.parse(cell.source)


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
  """Settings of a small demo, which the notebooks share."""
  folder = tmp_path_factory.mktemp('demo')
  return {
    'demo_folder': str(folder),
    'demo_words': '--people=3 --image-size=24 --expert-steps=1 '
    '--generator-steps=1',
  }


def test_train_on_four_devices_and_go_on_with_one(run, tmp_path):
  settings = {
    'synthetic_people': 2,
    'folder': str(tmp_path),
    'batch_size': 4,
  }
  first = run(
    'train_on_your_footage',
    devices=4,
    expert_options=EXPERT.format(1),
    generator_options=GENERATOR.format(1),
    **settings,
  )
  assert '4 x cpu' in printed(first)
  assert pictures(first) == 3  # two curves, and samples
  # The machine was taken away; the next one has one device.
  second = run(
    'train_on_your_footage',
    devices=1,
    expert_options=EXPERT.format(2),
    generator_options=GENERATOR.format(1),
    **settings,
  )
  assert '1 x cpu' in printed(second)
  assert f'Done before: {tmp_path / "data"}' in printed(second)
  rows = (tmp_path / 'expert/metrics.jsonl').read_text().splitlines()
  steps = [json.loads(row)['step'] for row in rows]
  assert steps == sorted(steps) and set(steps) == {1, 2}


def test_footage_of_people_who_were_not_asked_is_refused(run, tmp_path):
  with pytest.raises(nbclient.exceptions.CellExecutionError, match='agreed'):
    run(
      'train_on_your_footage',
      devices=1,
      footage=str(tmp_path),
      folder=str(tmp_path / 'mine'),
    )
  assert not list(tmp_path.glob('mine/*'))


def test_dub(run, demo, tmp_path):
  notebook = run(
    'dub_a_video',
    devices=1,
    preview_seconds=1,
    folder=str(tmp_path),
    **demo,
  )
  assert (tmp_path / 'dubbed.mp4').exists()
  assert pictures(notebook) == 1
  facts = json.loads((tmp_path / 'dubbed.json').read_text())
  assert 'nobody had to agree' in json.dumps(facts)
  assert 'AI-edited' in (tmp_path / 'dubbed.mp4').read_bytes().decode('latin1')


def test_measure_and_fix(run, demo, tmp_path):
  """The expert knows nothing yet, so the offset is told."""
  notebook = run(
    'measure_and_fix_sync',
    devices=1,
    offset='-5',
    folder=str(tmp_path),
    **demo,
  )
  assert (
    len(json.loads((tmp_path / 'measured.json').read_text())['videos']) == 2
  )
  rows = json.loads((tmp_path / 'fixed.json').read_text())['videos']
  assert [row['moved'] for row in rows] == [-5, -5]
  assert len(list((tmp_path / 'fixed').glob('*.mp4'))) == 2
  assert pictures(notebook) == 3  # curves of two, and the accuracy
