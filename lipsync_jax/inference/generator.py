"""A trained generator as the dubbing engine calls it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lipsync_jax import compilation_cache, networks
from lipsync_jax.models import wav2lip


class Generator:
  """Draws faces that say a sound; one compilation per batch size.

  Attributes:
    image_size: pixels of a crop.
    reference_alignment: the sound windows it was trained with.
    device: what it runs on.
    description: of the checkpoint: data, licences, config, step.
  """

  def __init__(
    self, network: Any, variables: dict[str, Any], description: dict[str, Any]
  ):
    self.image_size = description['image_size']
    self.reference_alignment = description['reference_alignment']
    self.description = description
    device = jax.devices()[0]
    self.device = f'{device.platform}: {device.device_kind}'
    self._variables = jax.device_put(variables, device)

    @jax.jit
    def generate(variables, mel, faces, reference):
      face = wav2lip.generator_input(
        faces.astype(jnp.float32) / 255, reference.astype(jnp.float32) / 255
      )
      made = network.apply(variables, mel, face, train=False)
      # Rounded: truncation, as in inference.py, darkens by half a level.
      return jnp.rint(jnp.clip(made, 0, 1) * 255).astype(jnp.uint8)

    self._generate = generate

  def __call__(
    self, mel: np.ndarray, faces: np.ndarray, reference: np.ndarray
  ) -> np.ndarray:
    """See `edit.Generator`: uint8 crops and float32 mel in, uint8 out."""
    return np.asarray(self._generate(self._variables, mel, faces, reference))


def load(workdir: str, *, batch_size: int | None = None) -> Generator:
  """The best generator of a training run.

  Args:
    workdir: of the run.
    batch_size: compile for it now, rather than at the first call.

  Raises:
    checkpoint.CheckpointError: there is none.
  """
  compilation_cache.enable()
  generator = Generator(*networks.load(workdir, 'generator'))
  if batch_size:
    size = generator.image_size
    faces = np.zeros((batch_size, size, size, 3), np.uint8)
    generator(np.zeros((batch_size, 80, 16, 1), np.float32), faces, faces)
  return generator
