"""Our networks compute what the original PyTorch networks compute."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from input_pipeline import audio
from lipsync_jax import torch_weights
from lipsync_jax.models import cbam, discriminator, expert, syncnet, wav2lip
from tests import parity

MEL = jnp.zeros((1, 80, 16, 1))
# Our network, its name for the importer, the original's name, example inputs.
NETWORKS = {
  'generator': (
    wav2lip.Generator(),
    'wav2lip_generator',
    (MEL, jnp.zeros((1, 96, 96, 6))),
  ),
  'expert': (
    expert.Expert(),
    'syncnet_color',
    (MEL, jnp.zeros((1, 5, 96, 96, 3))),
  ),
  'discriminator': (
    discriminator.Discriminator(),
    'wav2lip_disc_qual',
    (jnp.zeros((1, 48, 96, 3)),),
  ),
  'syncnet': (
    syncnet.SyncNet(),
    'syncnet_v2',
    (jnp.zeros((1, 13, 20, 1)), jnp.zeros((1, 5, 224, 224, 3))),
  ),
  'cbam': (cbam.CBAM(), 'cbam_64', (jnp.zeros((1, 8, 8, 64)),)),
}


@functools.cache
def outputs():
  return parity.outputs()


def variables(name):
  """The original's weights as variables of our network."""
  network, original, inputs = NETWORKS[name]
  mode = {} if name == 'discriminator' else {'train': False}
  shapes = jax.eval_shape(
    lambda: network.init(jax.random.key(0), *inputs, **mode)
  )
  return torch_weights.convert(name, parity.state_dict(original), shapes)


def evaluate(name, *inputs):
  network = NETWORKS[name][0]
  mode = {} if name == 'discriminator' else {'train': False}
  apply = jax.jit(functools.partial(network.apply, **mode))
  return apply(variables(name), *map(jnp.asarray, inputs))


@pytest.fixture(scope='module')
def generator():
  """The generator with the original's weights, compiled for ten pictures."""
  weights = variables('generator')
  apply = jax.jit(functools.partial(wav2lip.Generator().apply, train=False))

  def run(mel, face):
    missing = 10 - len(mel)
    pad = lambda x: jnp.pad(x, [(0, missing)] + [(0, 0)] * 3)  # noqa: E731
    return apply(weights, pad(mel), pad(face))[: len(mel)]

  return run


def test_generator(generator):
  mel = parity.draw('audio', (2, 1, 80, 16), 'normal')
  face = parity.face('face', (2, 6, 96, 96))
  made = generator(
    parity.channels_last(mel), parity.channels_last(face, colours=True)
  )
  expected = parity.channels_last(outputs()['generator_eval'], colours=True)
  np.testing.assert_allclose(made, expected, atol=1e-4)


def test_generator_on_windows_of_frames(generator):
  mels = parity.draw('audio5', (2, 5, 1, 80, 16), 'normal')
  faces = parity.face('face5', (2, 6, 5, 96, 96))
  faces = parity.channels_last(faces, colours=True)
  made = generator(
    parity.channels_last(mels.reshape(10, 1, 80, 16)),
    faces.reshape(10, 96, 96, 6),
  )
  expected = outputs()['generator_eval_5d']
  expected = parity.channels_last(expected, colours=True).reshape(10, 24, 24, 3)
  np.testing.assert_allclose(made[:, ::4, ::4], expected, atol=1e-4)


def test_expert():
  mel = parity.draw('mel', (4, 1, 80, 16), 'normal')
  mouth = parity.draw('lower', (4, 15, 48, 96), 'uniform')
  audio_embedding, face_embedding = evaluate(
    'expert',
    parity.channels_last(mel),
    parity.faces_of_mouths(mouth),
  )
  expected = outputs()
  np.testing.assert_allclose(
    audio_embedding, expected['expert_eval_audio'], atol=1e-4
  )
  np.testing.assert_allclose(
    face_embedding, expected['expert_eval_face'], atol=1e-4
  )


def test_discriminator():
  pixels = parity.draw('disc', (2, 3, 5, 96, 96), 'uniform')
  # The original folds time before the batch and judges the lower half.
  frames = parity.channels_last(pixels, colours=True).swapaxes(0, 1)
  logits = evaluate('discriminator', frames.reshape(10, 96, 96, 3)[:, 48:])
  np.testing.assert_allclose(
    jax.nn.sigmoid(logits), outputs()['disc_eval'], atol=1e-4
  )


def test_syncnet_v2():
  mfcc = 5 * parity.draw('mfcc', (2, 1, 13, 20), 'normal')
  lips = parity.draw('lip', (2, 3, 5, 224, 224), 'uniform')
  audio_embedding, face_embedding = evaluate(
    'syncnet',
    parity.channels_last(mfcc),
    parity.channels_last(lips, colours=True),
  )
  for ours, name in (
    (audio_embedding, 'syncnet_v2_audio'),
    (face_embedding, 'syncnet_v2_lip'),
  ):
    expected = outputs()[name]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(ours, expected, atol=1e-4 * scale)


def test_cbam():
  x = parity.channels_last(parity.draw('cbam', (2, 64, 8, 8), 'normal'))
  expected = parity.channels_last(outputs()['cbam_eval'])
  np.testing.assert_allclose(evaluate('cbam', x), expected, atol=1e-4)


def test_mel():
  waveform = outputs()['wav_int16'].astype(np.float32) / 32768
  mel = audio.mel_spectrogram(waveform)
  np.testing.assert_allclose(mel, outputs()['mel'].T, atol=1e-4)


def test_import_lists_everything_that_does_not_fit():
  shapes = jax.eval_shape(
    lambda: cbam.CBAM().init(
      jax.random.key(0), jnp.zeros((1, 8, 8, 64)), train=False
    )
  )
  given = parity.state_dict('cbam_64')
  prefixed = {f'module.{key}': value for key, value in given.items()}
  assert torch_weights.convert('cbam', prefixed, shapes)
  del given['ChannelGate.mlp.1.bias']
  given['ChannelGate.mlp.3.weight'] = np.zeros((64, 8))
  given['decoder.weight'] = np.zeros(3)
  with pytest.raises(ValueError) as error:
    torch_weights.convert('cbam', given, shapes)
  assert 'missing ChannelGate.mlp.1.bias' in str(error.value)
  assert 'misshapen ChannelGate.mlp.3.weight: (64, 8)' in str(error.value)
  assert 'expected (64, 4)' in str(error.value)
  assert 'unexpected decoder.weight' in str(error.value)
