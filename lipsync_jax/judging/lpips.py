"""LPIPS of frames against the true ones, on the device."""

import functools
import os

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8

from lipsync_jax import networks
from lipsync_jax.judging import published_judge


class Distance:
  """LPIPS on AlexNet with its published weights; 0 for equal pictures.

  Call it with the frames [n, h, w, 3] uint8 RGB of both sides for [n] float32.
  A full batch is computed always: one compilation for each frame size.

  Attributes:
    description: of its checkpoint: where the weights come from.
    batch_size: pairs at a time.

  Args:
    run: run folder that tools.convert_checkpoint wrote.
    batch_size: no distance depends on it.

  Raises:
    ValueError: the weights are not there; says which files to import.
  """

  def __init__(self, run: str | os.PathLike, *, batch_size: int = 32):
    network, self._variables, self.description = published_judge.load(
      run, 'lpips'
    )
    self.batch_size = batch_size

    @jax.jit
    def compare(variables, *pictures):
      images, others = (x.astype(jnp.float32) / 255 for x in pictures)
      with jax.default_matmul_precision('float32'):
        return network.apply(variables, images, others)

    self._compare = compare

  @functools.cached_property
  def fingerprint(self) -> str:
    """Names the weights."""
    return networks.fingerprint(self._variables)

  def __call__(
    self,
    made: UInt8[np.ndarray, 'n h w 3'],
    truth: UInt8[np.ndarray, 'n h w 3'],
  ) -> Float[np.ndarray, ' n']:
    """Distances of frames of at least 31 pixels.

    Raises:
      ValueError: the frames are smaller.
    """
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(made), self.batch_size):
      pair = [x[start : start + self.batch_size] for x in (made, truth)]
      spare = self.batch_size - len(pair[0])
      fill = ((0, spare), *[(0, 0)] * 3)
      filled = [np.pad(x, fill, mode='edge') for x in pair]
      found = np.asarray(self._compare(self._variables, *filled))
      parts.append(found[: len(pair[0])])
    return np.concatenate(parts)
