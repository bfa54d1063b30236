"""FID features and LPIPS from imported weights; nothing without them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import networks
from lipsync_jax.judging import fid, lpips
from lipsync_jax.metrics import frechet
from lipsync_jax.models import inception
from tests import narrow, small_networks

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.fixture(scope='module')
def inception_run(tmp_path_factory):
  spec = {'module': 'inception.InceptionV3', 'width': 2}
  folder = tmp_path_factory.mktemp('inception') / 'run'
  return small_networks.write_run(folder, 'inception', spec)


@pytest.fixture(scope='module')
def features(inception_run):
  return fid.Features(inception_run, batch_size=2)


@pytest.fixture(scope='module')
def lpips_run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('lpips')
  path = narrow.write(folder / 'a.safetensors', narrow.state_dict('lpips'))
  assert narrow.command(input=path, output=folder / 'run') == 0
  return str(folder / 'run')


def test_features_of_frames_whatever_the_batch(inception_run, features, rng):
  frames = rng.integers(0, 256, (5, 40, 50, 3), np.uint8)
  found = features.of(frames)
  network, variables, _ = networks.load(inception_run, 'inception')
  images = jnp.asarray(frames[:2], jnp.float32) / 255
  expected, _ = jax.jit(network.apply)(variables, images)
  assert found.shape == (5, 128) and found.dtype == np.float32
  assert found.std(0).max() > 0.01
  np.testing.assert_allclose(found[:2], expected, rtol=1e-4, atol=1e-5)
  # Frames do not see each other.
  np.testing.assert_array_equal(features.of(frames[4:]), found[4:])
  assert features.of(frames[:0]).shape == (0, 128)
  assert features.fingerprint == networks.fingerprint(variables)
  assert features.description['step'] == 7


def test_the_fid_of_frames_with_themselves_and_with_others(features, rng):
  frames = rng.integers(0, 256, (6, 40, 50, 3), np.uint8)
  same, darker = (
    frechet.statistics(features.of(x)) for x in (frames, frames // 2)
  )
  spread = np.trace(same.covariance)
  assert frechet.distance(same, same) < 1e-9 * spread
  assert frechet.distance(same, darker) > spread


def test_distances_of_frames_whatever_the_batch(lpips_run, rng):
  truth = rng.integers(0, 256, (5, 32, 40, 3), np.uint8)
  made = np.concatenate([truth[:1], truth[1:] // 2])
  found = lpips.Distance(lpips_run, batch_size=2)(made, truth)
  assert found.dtype == np.float32
  assert found[0] == 0 and (found[1:] > 0).all()
  distance = lpips.Distance(lpips_run, batch_size=2)
  np.testing.assert_array_equal(distance(made[4:], truth[4:]), found[4:])
  network, variables, _ = networks.load(lpips_run, 'lpips')
  images, others = (x[:2].astype(np.float32) / 255 for x in (made, truth))
  expected = jax.jit(network.apply)(variables, images, others)
  np.testing.assert_allclose(found[:2], expected, rtol=1e-4, atol=1e-6)
  assert distance(made[:0], truth[:0]).shape == (0,)
  assert distance.fingerprint == networks.fingerprint(variables)


@pytest.mark.parametrize(
  'judge, file',
  [
    (fid.Features, 'No FID.*pt_inception-2015-12-05-6726825d.pth'),
    (lpips.Distance, 'No LPIPS.*alexnet-owt-7be5be79.pth'),
  ],
)
def test_without_weights_the_file_to_import_is_named(
  inception_run, lpips_run, judge, file, tmp_path
):
  with pytest.raises(ValueError, match=file):
    judge(tmp_path / 'nothing')
  other = lpips_run if judge is fid.Features else inception_run
  with pytest.raises(ValueError, match=file):
    judge(other)


def test_features_without_resizing_take_small_pictures():
  network = inception.InceptionV3(width=4, resize=False)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((1, 75, 75, 3))
  )
  found, logits = jax.eval_shape(
    network.apply, shapes, jnp.zeros((3, 75, 80, 3))
  )
  assert found.shape == (3, 256) and logits.shape == (3, 1008)
