"""From a file of weights to a dubbed video, a measured one and found faces.

The files hold the originals' layers, whole, with weights made by the parity
rule; every step but the reading of results is a command of the project.
"""

import json

import numpy as np
import pytest

from input_pipeline import faces, media, windows
from input_pipeline.preparation import prepare_video
from lipsync_jax import networks, s3fd_detector, weight_files
from lipsync_jax.judging import evaluate
from tests import parity
from tools import convert_checkpoint, dub, sync

pytestmark = pytest.mark.usefixtures('quick_compilation')


def convert(folder, state_dict):
  """What `tools.convert_checkpoint` makes of a file of weights."""
  file, run = folder / 'weights.safetensors', folder / 'run'
  weight_files.write(file, state_dict, wrapped=False)
  words = ['--input', str(file), '--output', str(run)]
  assert convert_checkpoint.main(words) == 0
  return str(run)


def test_convert_and_dub(tmp_path, footage_folder, capsys):
  run = convert(tmp_path, parity.state_dict('wav2lip_generator'))
  video = footage_folder / 'anna' / 'one.mp4'
  made = tmp_path / 'made.mp4'
  words = ['--video', video, '--audio', footage_folder / 'ben' / 'one.mp4']
  words += ['--checkpoint', run, '--output', made]
  assert dub.main([*map(str, words), '--detector', 'cascade']) == 0
  assert '40 edited' in capsys.readouterr().out
  before, after = (
    np.stack([frame for _, frame in media.read_frames(path)]).astype(int)
    for path in (video, made)
  )
  changed = np.abs(before - after).mean((0, 3)) > 10
  # Something is drawn, in one place, below the middle of the picture.
  rows, columns = np.nonzero(changed)
  assert 0.01 < changed.mean() < 0.3
  assert rows.mean() > changed.shape[0] / 2 > columns.min()


@pytest.mark.parametrize(
  ('name', 'similarity'),
  [('syncnet_color', 'cosine'), ('syncnet_v2', 'distance')],
)
def test_convert_and_score(tmp_path, footage_folder, name, similarity):
  run = convert(tmp_path, parity.state_dict(name))
  video, found = footage_folder / 'anna' / 'one.mp4', tmp_path / 'sync.json'
  words = ['measure', '--expert', run, '--json', str(found), str(video)]
  assert sync.main([*words, '--detector', 'cascade']) == 0
  [row] = json.loads(found.read_text())['videos']
  # The same by the functions that judge an expert in training.
  network, variables, _ = networks.load(run, 'expert')
  size = max(prepare_video.Options.size, network.image_size)
  [chunk] = prepare_video.prepare_video(
    video,
    prepare_video.Options(size=size),
    detector=faces.make_detector('cascade'),
  ).pieces
  example = windows.clip_example(chunk, network.image_size, network.sound)
  embeddings = evaluate.make_embed(network)(variables, **example)
  expected = evaluate.clip_sync(*embeddings, similarity=similarity)
  assert row['similarity'] == similarity
  assert row['offset'] == expected.offset
  assert row['confidence'] == pytest.approx(expected.confidence, abs=1e-4)
  assert row['confidence'] > 0


def test_convert_and_find_faces(tmp_path):
  run = convert(tmp_path, parity.s3fd_state_dict())
  found = s3fd_detector.load(run, batch_size=1)(parity.s3fd_picture())
  assert len(found) == len(parity.s3fd()['detections'])
