"""S3FD in its folder, and in the commands that look with it."""

import numpy as np
import pytest

from input_pipeline import manifest
from input_pipeline.preparation import parts, prepare_video, sources
from lipsync_jax import checkpoint, s3fd_detector
from tests import videos
from tests.small_s3fd import narrow, pictures, variables
from tools import detectors, dub
from tools import prepare as prepare_command

pytestmark = [
  pytest.mark.usefixtures('quick_compilation'),
  # Of ml_collections.
  pytest.mark.filterwarnings('ignore:the load_module:DeprecationWarning'),
]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """As tools.convert_checkpoint writes it."""
  path = tmp_path_factory.mktemp('s3fd')
  return write(path, {'detector': variables()}, 's3fd.S3FD')


def write(path, networks, module):
  spec = {'module': module, 'width': 2, 'dtype': 'float32'}
  saver = checkpoint.Checkpointer(
    path, {'networks': dict.fromkeys(networks, spec)}, best_metric='loss'
  )
  params = {name: tree['params'] for name, tree in networks.items()}
  saver.save(0, {'params': params}, {'loss': 0.0})
  saver.close()
  return path


def test_loaded_detector_is_the_one_stored(folder):
  loaded = s3fd_detector.load(folder, batch_size=1)
  assert loaded.fingerprint == narrow().fingerprint
  assert loaded.name == 's3fd'


def test_folders_without_a_detector_say_what_is_missing(tmp_path):
  with pytest.raises(ValueError, match='No S3FD detector in nowhere.*convert'):
    s3fd_detector.load('nowhere')
  write(tmp_path / 'a', {'expert': variables()}, 's3fd.S3FD')
  with pytest.raises(ValueError, match=r"\['expert'\], not 'detector'"):
    s3fd_detector.load(tmp_path / 'a')
  write(tmp_path / 'b', {'detector': variables()}, 'expert.Expert')
  with pytest.raises(ValueError, match='is a Expert, not S3FD'):
    s3fd_detector.load(tmp_path / 'b')


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    (['--detector', 's3fd'], 'needs --s3fd DIR'),
    (['--s3fd', 'nowhere'], '--s3fd goes with --detector s3fd'),
    (
      ['--detector', 's3fd', '--s3fd', 'nowhere'],
      'No S3FD detector in nowhere',
    ),
  ],
)
def test_commands_say_what_is_missing(words, said, tmp_path, capsys):
  places = ['--videos', str(tmp_path), '--output', str(tmp_path / 'out')]
  assert prepare_command.main([*places, *words]) == 2
  assert said in capsys.readouterr().err


def test_dub_looks_with_it(folder):
  parser = dub._parser()
  words = '--video a --audio b --checkpoint c --output d --detector s3fd'
  options = parser.parse_args([*words.split(), '--s3fd', str(folder)])
  assert detectors.make(options).fingerprint == narrow().fingerprint


def test_prepare_looks_with_it(folder, tmp_path):
  (tmp_path / 'in' / 'anna').mkdir(parents=True)
  for name, picture in zip('ab', pictures(2), strict=True):
    path = tmp_path / 'in' / 'anna' / f'{name}.mp4'
    videos.write(path, [picture] * 20, audio=np.sin(np.arange(12_800)) / 2)
  words = {
    '--videos': tmp_path / 'in',
    '--output': tmp_path / 'out',
    '--detector': 's3fd',
    '--s3fd': folder,
    '--workers': 2,  # threads: processes could not share the detector
    '--split': 'train',
  }
  words = [str(word) for pair in words.items() for word in pair]
  # The faces are no faces, for two weights.
  words += [f'--config.select.{k}=0' for k in ('min_seconds', 'min_face')]
  words += ['--config.select.min_sharpness=0']
  assert prepare_command.main(words) == 0
  rows = manifest.read(tmp_path / 'out')
  assert {row['detector'] for row in rows} == {'s3fd'}
  kept = {row['path'] for row in rows if row['kept']}
  assert kept == {'anna/a.mp4', 'anna/b.mp4'}


def test_stopped_run_with_other_weights_begins_again(tmp_path):
  (tmp_path / 'a.mp4').touch()
  options = prepare_video.Options(detector='s3fd')

  def part(detector):
    source = sources.Source(tmp_path / 'a.mp4', 'a', 'a')
    return parts.Job(source, options, tmp_path, detector).store

  assert part(narrow()) == part(narrow())
  assert part(narrow(max_side=320)) != part(narrow()) != part(None)
