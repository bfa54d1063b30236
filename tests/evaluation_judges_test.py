"""Judges with imported weights take part, and are named for what they are."""

import narrow
import numpy as np
import pytest
from evaluation_measures_test import clip_of, texture

from lipsync_jax.evaluation import judges, measures, results
from tests import small_networks, videos


@pytest.fixture(scope='module')
def imported(tmp_path_factory, quick_compilation):
  """Run folders of small networks with the shapes of the published ones."""
  folder = tmp_path_factory.mktemp('imported')
  runs = {}
  for kind in ('syncnet', 'lpips'):
    path = narrow.write(folder / f'{kind}.safetensors', narrow.state_dict(kind))
    runs[kind] = str(folder / kind)
    assert narrow.command(input=path, output=runs[kind]) == 0
  # So deep that narrow's weights, all above 0, would overflow.
  runs['inception'] = small_networks.write_run(
    folder / 'inception',
    'inception',
    {'module': 'inception.InceptionV3', 'width': 2},
  )
  return runs


@pytest.fixture
def write(tmp_path):
  def write(name, pictures):
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.5, 0.5, 640 * len(pictures)).astype(np.float32)
    return videos.write(tmp_path / name, pictures, audio=sound, crf=4)

  return write


def test_all_of_them_judge(imported, write):
  found = judges.load(**imported)
  assert set(found.fingerprints()) == set(imported)
  truth = [texture(shift=k) for k in range(20)]
  clip = clip_of(write, truth[::-1], truth)
  assert measures.quality(clip, found, own=True)['lpips'] > 0
  for area in ('face', 'frame'):
    features = measures.features(clip, found, area=area)
    assert features.shape[0] == 20 and np.isfinite(features).all()
  numbers = found.syncnet(clip.path)
  assert numbers['distance'] > 0 and numbers['lse_confidence'] >= 0
  assert numbers['distance_at_0'] >= numbers['distance']


def test_lse_has_its_name_with_the_published_weights_only(imported):
  described = judges.load(**imported).described()
  assert 'LSE-D and LSE-C are the published' in described['syncnet']['says']
  found = {'judges': described}
  assert results.title(found, 'distance') == 'distance'
  described['syncnet']['published'] = True
  assert results.title(found, 'distance') == 'LSE-D'
  assert results.title(found, 'lse_confidence') == 'LSE-C'
  assert results.title(found, 'ssim') == 'SSIM'


def test_a_video_without_a_reading_says_why(imported, write):
  found = judges.load(syncnet=imported['syncnet'])
  short = write('short.mp4', [texture()] * 5)
  assert 'too short' in found.syncnet(short)['lse_error']


def test_what_is_not_at_hand_says_what_to_do():
  described = judges.load().described()
  assert set(described) == {
    'expert', 'syncnet', 'inception', 'lpips', 'landmarks',
  }  # fmt: skip
  assert all('not measured' in about['says'] for about in described.values())


def test_another_folder_is_refused(imported):
  with pytest.raises(ValueError, match='No FID without its published weights'):
    judges.load(inception=imported['lpips'])
