"""Converted networks dub, judge, and are listened to in training."""

import numpy as np
import pytest

import lipsync_jax
from input_pipeline import media, records
from lipsync_jax import conversion, evaluate, family, networks
from lipsync_jax.inference import generator as generator_lib
from tests import dubbing, fakes, narrow, tiny_runs, videos

pytestmark = pytest.mark.usefixtures('quick_compilation')


def test_a_converted_generator_dubs_in_its_colours(tmp_path):
  """A generator that only draws blue: PyTorch's first channel."""
  given = narrow.state_dict('generator')
  given['output_block.1.weight'][:] = 0
  given['output_block.1.bias'][:] = (9, -9, -9)
  conversion.save(tmp_path / 'run', conversion.from_torch(given))
  generator = generator_lib.load(str(tmp_path / 'run'), batch_size=2)
  assert generator.image_size == 48 and generator.reference_alignment
  lipsync_jax.dub(
    videos.write(tmp_path / 'in.mp4', [dubbing.picture()] * 4),
    videos.write_wav(tmp_path / 'in.wav', np.zeros(2560, np.float32)),
    tmp_path / 'out.mp4',
    generator=generator,
    detector=fakes.FakeDetector(),
    batch_size=2,
  )
  shown = [frame for _, frame in media.read_frames(tmp_path / 'out.mp4')]
  red, green, blue = shown[0][58:66, 40:56].mean((0, 1))
  assert blue > 200 and red < 60 and green < 60


@pytest.fixture
def expert_run(tmp_path):
  converted = conversion.from_torch(narrow.state_dict('expert'))
  conversion.save(tmp_path / 'run', converted)
  return str(tmp_path / 'run')


def test_a_converted_expert_judges(expert_run, counting_chunk):
  expert, variables, description = networks.load(expert_run, 'expert')
  raw = records.encode(counting_chunk(num_frames=20, size=48))
  found = evaluate.offset_accuracy(
    evaluate.make_embed(expert),
    variables,
    [raw],
    image_size=description['image_size'],
  )
  assert 0 <= found['offset_accuracy_clip'] <= 1
  assert np.isfinite(found['confidence'])


def test_a_converted_expert_is_listened_to_in_training(expert_run, talkers):
  built = family.build(tiny_runs.tiny('wav2lip', talkers, expert=expert_run))
  _, _, description = networks.load(expert_run, 'expert')
  assert built.specs['expert'] == description['networks']['expert']
  assert built.task.sync_loss == 'cosine_bce'
  assert built.task.frozen == ('expert',)
