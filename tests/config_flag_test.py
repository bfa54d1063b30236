"""Training's command line: what is wrong with it is one line."""

import subprocess
import sys

import pytest

from lipsync_jax import config_flag

# ml_collections loads config files in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)


def test_it_reads_files_variants_and_fields():
  words = ['--config=configs/wav2lip.py:gan', '--config.image_size=48']
  first = config_flag.read([*words, '--config.networks.generator.width', '4'])
  assert first.image_size == 48 and first.networks.generator.width == 4
  assert 'discriminator' in first.networks
  # Nothing is left of it for the next.
  second = config_flag.read(['--config', 'configs/wav2lip.py'])
  assert second.image_size == 96 and 'discriminator' not in second.networks


def test_no_config_is_said():
  with pytest.raises(ValueError, match='--config is missing'):
    config_flag.read(['--config.seed=1'])


def test_a_mistake_in_a_config_file_keeps_its_traceback(tmp_path):
  path = tmp_path / 'bad.py'
  path.write_text('def get_config():\n  return {}.no_such\n')
  with pytest.raises(AttributeError, match='no_such'):
    config_flag.read([f'--config={path}'])


def test_training_says_it_in_one_line():
  words = ['--config=configs/expert.py', '--config.seeds=1', '--workdir=x']
  done = subprocess.run(
    [sys.executable, '-m', 'lipsync_jax.main', *words],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 2
  assert done.stderr.splitlines() == [
    'error: configs/expert.py has no field for --config.seeds=1; did you mean '
    'seed?'
  ]


@pytest.mark.parametrize('file', ['expert', 'wav2lip', 'lipgan', 'speech2vid'])
def test_every_network_has_its_field(file):
  networks = list(config_flag.read([f'--config=configs/{file}.py']).networks)
  words = [f'--config.pretrained.{name}=run' for name in networks]
  config = config_flag.read([f'--config=configs/{file}.py', *words])
  assert config.pretrained.to_dict() == dict.fromkeys(networks, 'run')
