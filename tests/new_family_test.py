"""The README's example of a new family, run as it stands there."""

import importlib
import pathlib
import re

import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import metric_writer, modules, networks, train
from lipsync_jax.inference import generator

README = pathlib.Path(__file__).parents[1] / 'README.md'


@pytest.fixture
def edges(tmp_path, monkeypatch):
  """The file of the README, where Python finds it."""
  (text,) = re.findall(
    r'```python\n("""python -m lipsync_jax.main --config=edges.py.*?)```',
    README.read_text(),
    re.DOTALL,
  )
  (tmp_path / 'edges.py').write_text(text)
  monkeypatch.syspath_prepend(tmp_path)
  yield importlib.import_module('edges')


def test_one_file_trains_and_draws(edges, talkers, tmp_path):
  config = edges.get_config()
  config.image_size = 24
  config.data.directory = str(talkers)
  config.data.num_threads = 1
  config.batch_size, config.num_steps, config.eval_every = 4, 40, 40
  config.eval_batches, config.log_every = 1, 1
  config.optimizer.generator.learning_rate = 3e-3
  train.train_and_evaluate(config.lock(), str(tmp_path / 'run'))
  rows = metric_writer.read(tmp_path / 'run' / 'metrics.jsonl')
  losses = [r['train/loss'] for r in rows if 'train/loss' in r]
  assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5]), losses
  draw = generator.load(str(tmp_path / 'run'))
  faces = np.zeros((2, 24, 24, 3), np.uint8)
  made = draw(np.zeros((2, 80, 16, 1), np.float32), faces, faces)
  assert made.shape == (2, 24, 24, 3) and draw.reference == 'same'


def test_its_loss_is_the_one_it_says(edges):
  made = jnp.zeros((1, 1, 2, 2, 3))
  frames = made.at[..., 1, :].set(1.0)  # an edge, and half of the pixels
  task = edges.Task(None, edge_weight=0.5)
  assert task.picture_loss(made, frames) == pytest.approx(0.5 + 0.5)


def test_only_networks_are_called():
  """What a checkpoint says must not run anything else."""
  for name in ('os.getcwd', 'subprocess.Popen', 'wav2lip.generator_input'):
    with pytest.raises(ValueError, match='no network'):
      networks.make({'module': name})


def test_a_module_that_is_nowhere_is_named():
  with pytest.raises(ValueError, match="'nowhere' in lipsync_jax/tasks"):
    modules.find('lipsync_jax.tasks', 'nowhere')


def test_an_import_that_fails_inside_is_shown(tmp_path, monkeypatch):
  (tmp_path / 'broken_family.py').write_text('import not_installed_at_all\n')
  monkeypatch.syspath_prepend(tmp_path)
  with pytest.raises(ModuleNotFoundError, match='not_installed_at_all'):
    modules.find('lipsync_jax.tasks', 'broken_family')
