"""`tools.prepare`, as it is typed, for the ways in which footage comes."""

import json

import cv2
import numpy as np
import pytest
import videos

from input_pipeline import manifest, records, shards
from tools import prepare as command

# Of ml_collections.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)


def run(*words, code=0):
  assert command.main([str(word) for word in words]) == code


def test_an_expert_measures_and_measures_again(
  footage_folder, tiny_expert, tmp_path, capsys
):
  output = tmp_path / 'data'
  words = ['--expert', tiny_expert, '--config.select.min_confidence=-1']
  words += ['--config.select.max_shift=15', '--config.select.min_seconds=0.6']
  videos_of = ['--videos', footage_folder, '--output', output]
  run(*videos_of, '--detector=cascade', '--workers=1', *words)
  printed = capsys.readouterr().out
  assert f'Expert: {tiny_expert}, step 2, trained by multiway.' in printed
  rows = manifest.read(output)
  assert {row['path'] for row in rows if 'offset' in row} == {
    'anna/one.mp4',
    'ben/one.mp4',
  }
  found = json.loads((output / 'preparation.json').read_text())
  assert found['expert']['run'] == tiny_expert.name
  for split in ('train', 'validation'):
    [raw] = shards.load_split(output, split)
    assert np.isfinite(records.parse(raw).sync_confidence)
  run('--rescore', output, *words)
  assert manifest.read(output) == rows
  run('--rescore', output, '--config.decoding.size=64', code=2)
  assert 'decoded again: use --videos' in capsys.readouterr().err
  run('--rescore', output, '--config.select.min_confidence=99', code=1)
  run('--rescore', output, '--config.select.min_seconds=0.7', code=1)  # stays
  command.main(
    ['--rescore', str(output), '--config.select.min_confidence=None']
  )
  found = json.loads((output / 'preparation.json').read_text())['thresholds']
  assert found['min_confidence'] is None and found['min_seconds'] == 0.7
  assert 'lips and sound do not fit' in capsys.readouterr().out


def test_a_list_of_files(footage_folder, tmp_path):
  (tmp_path / 'list.txt').write_text(
    f'# the good ones\n{footage_folder / "anna" / "one.mp4"}\n'
  )
  run('--videos', tmp_path / 'list.txt', '--output', tmp_path / 'data')
  [row] = manifest.read(tmp_path / 'data')
  assert row['kept'] and row['speaker'] == 'anna'


def test_folders_of_the_original_preprocess(tmp_path, rng):
  clip = tmp_path / 'root' / 'anna' / '00001'
  clip.mkdir(parents=True)
  for k in range(40):
    picture = rng.integers(0, 255, (90, 70, 3), np.uint8)
    cv2.imwrite(str(clip / f'{k}.jpg'), picture)
  videos.write_wav(clip / 'audio.wav', 0.1 * rng.standard_normal(40 * 640))
  output = tmp_path / 'data'
  run('--videos', tmp_path / 'root', '--layout=wav2lip', '--output', output)
  [raw] = shards.load_split(output, 'train')
  chunk = records.parse(raw)
  assert (chunk.clip_id, chunk.speaker) == ('anna/00001', 'anna')
  assert (chunk.num_frames, chunk.face_crop) == (40, 'wav2lip')
  metadata = json.loads((output / 'metadata.json').read_text())
  assert metadata['face_crop'] == 'wav2lip'


def test_a_config_file_of_ones_own(footage_folder, tmp_path):
  (tmp_path / 'strict.py').write_text(
    'from configs import prepare\n'
    'def get_config():\n'
    '  config = prepare.get_config()\n'
    '  config.select.min_seconds = 5.0\n'
    '  return config\n'
  )
  words = ['--videos', footage_folder / 'anna', '--output', tmp_path / 'data']
  run(*words, f'--config={tmp_path / "strict.py"}', code=1)
  [row] = manifest.read(tmp_path / 'data')
  assert row['reason'] == 'too short: 1.60 s'


def test_what_is_no_config_is_said(footage_folder, tmp_path, capsys):
  (tmp_path / 'wrong.py').write_text('get_config = dict')
  words = ['--videos', footage_folder / 'anna', '--output', tmp_path / 'data']
  for path in (tmp_path / 'wrong.py', 'configs/expert.py'):
    run(*words, f'--config={path}', code=2)
    assert 'not one of tools.prepare' in capsys.readouterr().err
  run(*words, '--workers=0', code=2)
  assert 'workers=0: there must be one' in capsys.readouterr().err


def test_every_number_is_explained(capsys):
  run('--help-config')
  printed = capsys.readouterr().out
  assert '--config.select.max_shift=6' in printed
  assert 'max_shift: frames, either way' in printed
  assert '--config.decoding.detect_every=3' in printed
