"""`--config.profile=True` on a run of its own."""

import json

import pytest
import tiny_runs

from lipsync_jax import train
from lipsync_jax.training import device_speed, profiling

pytestmark = pytest.mark.usefixtures('quick_compilation')


def test_a_run_tells_where_its_time_goes(talkers, tmp_path, caplog):
  caplog.set_level('INFO')
  config = tiny_runs.tiny(
    'expert', talkers, num_steps=profiling.STEPS, image_size=24, profile=True
  )
  config.eval_every = profiling.STEPS
  train.train_and_evaluate(config, str(tmp_path))
  found = json.loads((tmp_path / 'profile' / 'summary.json').read_text())
  assert found['device'] == '4 x cpu'
  parts = found['parts']
  assert set(parts) == {'data', 'copy', 'step'}
  assert parts['step'] > 0 and parts['copy'] > 0
  # The program's own count, by the time of a step that overlaps with others.
  assert found['flop_per_second_and_device'] == pytest.approx(
    found['flop_per_step_and_device'] / found['seconds_per_step']
  )
  assert 0 < found['share_of_matmul'] and found['mfu'] is None
  text = (tmp_path / 'profile' / 'summary.md').read_text()
  assert text in caplog.text and 'loss, gradients, update' in text
  assert list((tmp_path / 'profile').rglob('*.xplane.pb'))


def test_a_run_too_short_for_it_says_so(tmp_path, caplog):
  profile = profiling.Profile(tmp_path / 'profile', steps=profiling.STEPS - 1)
  assert 'it takes 20 steps, and 19 are left' in caplog.text
  for step in range(profiling.STEPS):
    with profile.step(step):
      pass
  assert not profile.complete and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  'kind, peak',
  [
    ('NVIDIA H200', 989e12),
    ('NVIDIA L40S', 362e12),
    ('NVIDIA L4', 121e12),
    ('TPU v5 lite', 197e12),
    ('TPU v5p', 459e12),
    ('cpu', None),
  ],
)
def test_published_peaks_go_by_the_whole_name(kind, peak):
  assert device_speed.published(kind) == peak


def test_a_matrix_product_is_measured():
  call, operations = device_speed.matmul('float32')
  assert call().shape == (device_speed.SIDE,) * 2
  assert operations == 2 * device_speed.SIDE**3
  assert device_speed.seconds(call, at_least=0.0) > 0
