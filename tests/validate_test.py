"""A run's own numbers: of every clip once, the same however it is divided."""

import functools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs

from input_pipeline import records, shards, whole_clips, windows
from lipsync_jax import family, sharding, validate
from lipsync_jax.judging import picture_quality, silence
from lipsync_jax.sweeps import description

pytestmark = pytest.mark.usefixtures('quick_compilation')

SWEEP = pathlib.Path(__file__).parents[1] / 'configs/sweeps/wav2lip.yaml'


@pytest.fixture(scope='module')
def five():
  """Clips of 20 and, one of them, of 30 frames."""
  return [
    records.encode(tiny_runs.make_chunk(k // 2, k, 30 if k == 3 else 20))
    for k in range(5)
  ]


@pytest.fixture(scope='module')
def tasks(talkers, tiny_expert):
  """A family by name, with parameters and states of its own."""
  found = {}

  def get(name):
    if name not in found:
      pretrained = tiny_expert if name in ('wav2lip:gan',) else None
      ours = family.build(
        tiny_runs.tiny(name, talkers, pretrained, image_size=24)
      )
      one = shards.load_split(talkers, 'validation')
      example = validation(ours, one, batch_size=1).example()
      params, state = ours.task.init(jax.random.key(0), example)
      found[name] = ours, _stirred(params), state
    return found[name]

  return get


def _stirred(params):
  """So that no bias is 0 and no network is silent."""
  leaves, tree = jax.tree.flatten(params)
  rng = np.random.default_rng(0)
  return jax.tree.unflatten(
    tree, [x + jnp.float32(0.05 * rng.normal(size=x.shape)) for x in leaves]
  )


def validation(ours, source, *, devices=1, **kwargs):
  return validate.Validation(
    ours, source, sharding.make_sharding(devices), **kwargs
  )


def metrics(task, source, **kwargs):
  ours, params, state = task
  weights = {k: jnp.float32(v) for k, v in ours.task.initial_weights().items()}
  return validation(ours, source, **kwargs).metrics(params, state, weights)


@pytest.fixture(scope='module')
def measured(tasks, five):
  """Metrics by task, size of the batch and number of devices."""

  @functools.cache
  def get(name, batch_size, devices=1):
    return metrics(tasks(name), five, batch_size=batch_size, devices=devices)

  return get


def assert_close(found, expected):
  assert found.keys() == expected.keys()
  assert all(np.isfinite(list(found.values())))
  for name, value in expected.items():
    # The order of sums.
    assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


# Losses that compare the clips of a batch: matching, LipGAN's false sounds,
# and pairs of which every second one is false.
@pytest.mark.parametrize(
  'name, sizes',
  [
    ('expert', (2, 3)),
    ('expert:reference', (2,)),
    ('wav2lip:gan', (2, 3)),
    ('lipgan', (2,)),
  ],
)
def test_metrics_do_not_depend_on_the_batch(name, sizes, measured):
  for size in sizes:
    assert_close(measured(name, size), measured(name, 5))


@pytest.mark.parametrize('name', ['expert', 'wav2lip:gan'])
def test_metrics_do_not_depend_on_the_devices(name, measured):
  assert_close(measured(name, 4, devices=4), measured(name, 5))


def test_a_generator_is_measured_as_the_commands_do(tasks, measured, five):
  ours, params, state = tasks('wav2lip:gan')
  network = ours.task.generator
  draw = picture_quality.make_draw(
    network, {'params': params['generator'], **state['generator']}
  )
  expected = silence.measure(
    five, draw, image_size=24, sound=network.sound, stills=network.stills
  )
  rows = []
  for raw in five:
    example = whole_clips.reconstruction_example(raw, 24, network.sound)
    rows.append(picture_quality.compare(draw(example), example['frames']))
  for name in ('l1', 'psnr', 'ssim', 'sharpness'):
    expected[name] = np.mean([row[name] for row in rows])
  # 'l1' is the loss, of whole pictures.
  expected['mouth_l1'] = expected.pop('l1')
  found = measured('wav2lip:gan', 5)
  assert expected.keys() < found.keys()
  for name, value in expected.items():
    # A level of 255 more or less here and there, by rounding.
    assert found[name] == pytest.approx(value, rel=2e-3, abs=1e-4), name


def test_the_truth_itself_is_perfect(tasks, five, monkeypatch):
  """A generator that draws its target: no error, as sharp, as in sync."""
  ours, params, state = tasks('wav2lip:gan')
  network = type(ours.task.generator)
  monkeypatch.setattr(
    network, 'draw', lambda self, sound, target, stills, *, train: target
  )
  found = metrics((ours, params, state), five, batch_size=5)
  assert found['mouth_l1'] == found['l1'] == 0
  assert found['psnr'] == pytest.approx(60)
  assert found['ssim'] == pytest.approx(1, abs=1e-4)
  assert found['sharpness'] == pytest.approx(1, abs=1e-4)
  # It hears nothing, so silence changes nothing.
  assert found['silence_motion'] == pytest.approx(1)


def test_rows_are_reference_masked_generated_truth(tasks, five):
  ours, params, state = tasks('wav2lip:gan')
  ours_validation = validation(ours, five[:3], batch_size=4)
  rows = next(ours_validation.batches()).rows
  middle = {name: x[:3, 2] for name, x in rows.items()}
  picture = ours_validation.picture(params, state)
  assert picture.shape == (4 * 24, 3 * 24, 3)  # no clip twice
  cells = picture.reshape(4, 24, 3, 24, 3).swapaxes(1, 2)
  reference, masked, generated, truth = cells
  np.testing.assert_array_equal(reference, middle['reference'][:, 2])
  np.testing.assert_array_equal(truth, middle['frames'][:, 2])
  np.testing.assert_array_equal(masked[:, :12], truth[:, :12])
  assert (masked[:, 12:] == 0).all()
  assert generated[:, 12:].std() > 0


def test_the_sample_is_the_first_clip_drawn_beside_the_truth(tasks, five):
  ours, params, state = tasks('wav2lip:gan')
  expected = picture_quality.make_draw(
    ours.task.generator,
    {'params': params['generator'], **state['generator']},
  )(whole_clips.reconstruction_example(five[3], 24, ours.task.generator.sound))
  source = [five[3], *five[:3], five[4]]
  ours_validation = validation(ours, source, batch_size=5)
  assert ours_validation.sample() is None  # nothing was drawn
  weights = {k: jnp.float32(v) for k, v in ours.task.initial_weights().items()}
  found = ours_validation.metrics(params, state, weights)
  sweep = description.read(SWEEP)
  assert sweep.metric.removeprefix('val/') in found
  frames, sound = ours_validation.sample()
  record = records.parse(five[3])
  assert frames.shape == (30, 24, 48, 3)
  np.testing.assert_array_equal(
    frames[:, :, 24:], windows.all_frames(record, 24)
  )
  # A level of 255 more or less here and there, by rounding.
  assert np.abs(frames[:, :, :24] - expected.astype(int)).max() <= 1
  assert len(sound) == 30 * 640
  context = records.AUDIO_CONTEXT
  np.testing.assert_array_equal(sound, record.audio[context:-context])
