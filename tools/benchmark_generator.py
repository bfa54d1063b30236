"""The generator that a benchmark runs: trained, untrained, or none at all."""

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import alignment
from lipsync_jax import networks
from lipsync_jax.inference import generator


class Copy:
  """Returns the faces as they are: what all else takes."""

  image_size = 96
  sound = 'mel'
  reference = 'fixed'
  reference_alignment = False
  device = 'none'

  def __call__(self, sound, faces, reference):
    return faces


def make(*, checkpoint=None, width: int = 16, image_size: int = 96, **options):
  """(what it is in words, the generator) for a benchmark's options."""
  how = {name: options[name] for name in ('backend', 'precision')}
  if checkpoint:
    made = generator.load(str(checkpoint), **how)
    return f'{checkpoint}, {made.image_size} px', made
  if not width:
    return 'no generator', Copy()
  network = networks.make(
    {
      'module': 'wav2lip.Generator',
      'width': width,
      'image_size': image_size,
    }
  )
  shapes, call = networks.example(network)
  inputs = [jnp.zeros(shape.shape, shape.dtype) for shape in shapes]

  @jax.jit
  def init(key):
    return network.init(key, *inputs, **call)

  description = {'image_size': image_size, 'reference_alignment': False}
  made = generator.Generator(
    network, init(jax.random.key(0)), description, **how
  )
  return f'Wav2Lip of width {width}, {image_size} px, untrained', made


def warm_up(made, batch_size: int) -> None:
  """Compiles a generator for a batch."""
  faces = np.zeros((batch_size, made.image_size, made.image_size, 3), np.uint8)
  bands, rows, _ = alignment.SOUNDS[made.sound]
  made(np.zeros((batch_size, bands, rows, 1), np.float32), faces, faces)
