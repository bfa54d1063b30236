"""A trained generator as the dubbing engine calls it."""

import functools
import logging
from typing import Any

import numpy as np

from input_pipeline import alignment
from lipsync_jax import compilation_cache, networks
from lipsync_jax.inference import backends


class Generator:
  """Draws faces that say a sound; one compilation per batch size.

  Attributes:
    image_size: pixels of a crop.
    sound: what it hears, a key of `input_pipeline.alignment.SOUNDS`.
    reference_alignment: the sound windows it was trained with.
    reference: 'same' where the pose comes from the still alone (Speech2Vid),
      'fixed' otherwise.
    device: what it runs on.
    parity: how far its pictures are from the network's own, of a backend other
      than XLA, None of XLA.
    description: of the checkpoint: data, licences, config, step.
  """

  def __init__(
    self,
    network: Any,
    variables: dict[str, Any],
    description: dict[str, Any],
    *,
    backend: str = 'xla',
    precision: str | None = None,
  ):
    """Makes it ready; see `load` for the options and what they raise."""
    self.image_size = description['image_size']
    self.sound = network.sound
    self.reference = 'fixed' if network.sees_target else 'same'
    self.reference_alignment = description['reference_alignment']
    self.description = description
    self._variables = variables
    made = backends.make(
      network, variables, backend=backend, precision=precision
    )
    self._draw, self.device, self.parity = made.draw, made.device, made.parity
    # Another way to compute rounds otherwise: no dub goes on with its pictures.
    self._about = made.name

  @functools.cached_property
  def fingerprint(self) -> str:
    """Names its weights; reading them all takes a moment."""
    return networks.fingerprint(self._variables, self._about)

  def __call__(
    self, sound: np.ndarray, faces: np.ndarray, reference: np.ndarray
  ) -> np.ndarray:
    """See `edit.Generator`: uint8 crops and float32 sound in, uint8 out."""
    return self._draw(sound, faces, reference)


def load(
  workdir: str,
  *,
  batch_size: int | None = None,
  backend: str = 'xla',
  precision: str | None = None,
) -> Generator:
  """The best generator of a training run.

  Args:
    workdir: of the run.
    batch_size: compile for it now, rather than at the first call.
    backend: 'xla', or 'onnxruntime' or 'openvino' of the extra `fast`, both on
      the CPU only.
    precision: 'float32' or 'bfloat16'; None: of XLA what the network was
      trained in, of the others float32.

  Raises:
    checkpoint.CheckpointError: there is none.
    ValueError: no such backend or precision, one that is not installed, or one
      whose pictures are not the network's.
  """
  compilation_cache.enable()
  network, variables, description = networks.load(workdir, 'generator')
  generator = Generator(
    network, variables, description, backend=backend, precision=precision
  )
  if generator.parity:
    logging.getLogger(__name__).info('%s', generator.parity)
  if batch_size:
    size = generator.image_size
    faces = np.zeros((batch_size, size, size, 3), np.uint8)
    bands, rows, _ = alignment.SOUNDS[generator.sound]
    sound = np.zeros((batch_size, bands, rows, 1), np.float32)
    generator(sound, faces, faces)
  return generator
