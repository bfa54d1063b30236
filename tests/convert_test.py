"""Published weights are known by their keys and shapes, and come back whole."""

import jax
import numpy as np
import pytest

from lipsync_jax import conversion, networks, published, torch_weights
from tests import narrow, parity

pytestmark = pytest.mark.usefixtures('quick_compilation')

ORIGINALS = {
  'generator': 'wav2lip_generator',
  'expert': 'syncnet_color',
  'discriminator': 'wav2lip_disc_qual',
  'syncnet': 'syncnet_v2',
}


def shapes_of(state_dict):
  return {key: value.shape for key, value in state_dict.items()}


@pytest.mark.parametrize('kind', ORIGINALS)
def test_published_networks_are_known_and_come_back_to_the_bit(kind):
  original = parity.state_dict(ORIGINALS[kind])
  converted = conversion.from_torch(original)
  assert converted.found.kind == kind and converted.found.also == ()
  expected = parity.figures('state_dicts')['parameters'][ORIGINALS[kind]]
  assert converted.num_parameters == expected
  size = 224 if kind == 'syncnet' else 96
  assert converted.found.spec['image_size'] == size
  back = torch_weights.export(kind, converted.variables)
  narrow.assert_same(back, original)


def test_a_published_network_computes_what_it_did(tmp_path, capsys):
  given = parity.state_dict('wav2lip_disc_qual')
  path = narrow.write(tmp_path / 'disc.safetensors', given)
  assert narrow.command(input=path, output=tmp_path / 'run') == 0
  assert '96 px, 14,113,793 parameters' in capsys.readouterr().out
  network, variables, description = networks.load(
    str(tmp_path / 'run'), 'discriminator'
  )
  assert description['image_size'] == 96
  assert 'non-commercial' in description['data']['licences'][0]
  pixels = parity.draw('disc', (2, 3, 5, 96, 96), 'uniform')
  frames = parity.channels_last(pixels, colours=True).swapaxes(0, 1)
  logits = jax.jit(network.apply)(
    variables, frames.reshape(10, 96, 96, 3)[:, 48:]
  )
  np.testing.assert_allclose(
    jax.nn.sigmoid(logits), parity.outputs()['disc_eval'], atol=1e-4
  )


@pytest.mark.parametrize(
  'kind, fields',
  [
    ('generator', {'width': 1, 'image_size': 24}),
    ('generator', {'width': 2, 'image_size': 128}),
    ('expert', {'width': 3, 'embedding': 5, 'image_size': 32}),
    ('expert', {'width': 1, 'embedding': 4, 'image_size': 256}),
    ('discriminator', {'width': 2, 'image_size': 384}),
    ('syncnet', {'width': 8, 'embedding': 3, 'image_size': 160}),
  ],
)
def test_width_and_size_are_read_from_shapes(kind, fields):
  given = narrow.state_dict(kind, **fields)
  spec = published.recognise(shapes_of(given)).spec
  module = published.NETWORKS[kind].module
  assert spec == {'module': module, **fields, 'dtype': 'float32'}


def test_sizes_alike_in_shape_are_told_apart_by_the_caller():
  given = shapes_of(narrow.state_dict('generator', image_size=288))
  found = published.recognise(given)
  assert (found.spec['image_size'], found.also) == (192, (288,))
  found = published.recognise(given, image_size=288)
  assert (found.spec['image_size'], found.also) == (288, ())
  with pytest.raises(ValueError, match='pictures of 192 or 288 pixels, not 96'):
    published.recognise(given, image_size=96)


def test_the_detector_is_known_by_its_layers():
  shapes = {'conv1_1.weight': (8, 3, 3, 3), 'conv3_3_norm.weight': (32,)}
  found = published.recognise(shapes)
  assert found.kind == 's3fd'
  assert found.spec == {'module': 's3fd.S3FD', 'width': 8, 'dtype': 'float32'}


def test_everything_that_does_not_fit_is_listed():
  given = narrow.state_dict('expert')
  given['more'] = np.zeros(1, np.float32)
  del given['audio_encoder.3.conv_block.1.bias']
  key = 'face_encoder.4.conv_block.0.weight'
  given[key] = given[key][:1]
  with pytest.raises(ValueError) as error:
    conversion.from_torch(given)
  for said in (
    'unexpected more',
    'missing audio_encoder.3.conv_block.1.bias',
    f'misshapen {key}',
  ):
    assert said in str(error.value)
  del given['face_encoder.0.conv_block.0.weight']
  with pytest.raises(ValueError, match='SyncNet_color.*how wide'):
    conversion.from_torch(given)
