"""A trained generator as the dubbing engine calls it."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import alignment
from lipsync_jax import compilation_cache, networks


class Generator:
  """Draws faces that say a sound; one compilation per batch size.

  Attributes:
    image_size: pixels of a crop.
    sound: what it hears, a key of `input_pipeline.alignment.SOUNDS`.
    reference_alignment: the sound windows it was trained with.
    reference: 'same' where the pose comes from the still alone (Speech2Vid),
      'fixed' otherwise.
    device: what it runs on.
    description: of the checkpoint: data, licences, config, step.
  """

  def __init__(
    self, network: Any, variables: dict[str, Any], description: dict[str, Any]
  ):
    self.image_size = description['image_size']
    self.sound = network.sound
    self.reference = 'fixed' if network.sees_target else 'same'
    self.reference_alignment = description['reference_alignment']
    self.description = description
    device = jax.devices()[0]
    self.device = f'{device.platform}: {device.device_kind}'
    self._variables = jax.device_put(variables, device)

    self._generate = jax.jit(drawing(network))

  @functools.cached_property
  def fingerprint(self) -> str:
    """Names its weights; reading them all takes a moment."""
    return networks.fingerprint(self._variables)

  def __call__(
    self, sound: np.ndarray, faces: np.ndarray, reference: np.ndarray
  ) -> np.ndarray:
    """See `edit.Generator`: uint8 crops and float32 sound in, uint8 out."""
    return np.asarray(self._generate(self._variables, sound, faces, reference))


def drawing(network: Any) -> Callable[..., jax.Array]:
  """What a generator does with pictures as they come: a pure function.

  Returns:
    A function of the network's variables, sound [n, bands, rows, 1] float32,
    faces and reference [n, s, s, 3] uint8 RGB, to [n, s, s, 3] uint8 RGB.
  """

  def draw(variables, sound, faces, reference):
    # A generator of several stills is shown one several times.
    stills = jnp.repeat(reference[:, None], network.stills, axis=1)
    made = network.apply(
      variables,
      sound,
      faces.astype(jnp.float32) / 255,
      stills.astype(jnp.float32) / 255,
      train=False,
      method='draw',
    )
    # Rounded: truncation, as in inference.py, darkens by half a level.
    return jnp.rint(jnp.clip(made, 0, 1) * 255).astype(jnp.uint8)

  return draw


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
    bands, rows, _ = alignment.SOUNDS[generator.sound]
    sound = np.zeros((batch_size, bands, rows, 1), np.float32)
    generator(sound, faces, faces)
  return generator
