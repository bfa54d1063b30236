"""Features of frames for the FID, on the device."""

import functools
import os

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8

from lipsync_jax import networks
from lipsync_jax.judging import published_judge
from lipsync_jax.models import inception


class Features:
  """The FID's Inception-v3 with its published weights.

  Frames of any size are brought to 299 pixels as pytorch-fid does, and a full
  batch is computed always: one compilation, and one for each frame size of what
  resizes.

  Attributes:
    description: of its checkpoint: where the weights come from.
    batch_size: frames at a time.

  Args:
    run: run folder that tools.convert_checkpoint wrote.
    batch_size: no feature depends on it.

  Raises:
    ValueError: the weights are not there; says which file to import.
  """

  def __init__(self, run: str | os.PathLike, *, batch_size: int = 32):
    network, self._variables, self.description = published_judge.load(
      run, 'inception'
    )
    self.batch_size = batch_size
    self._length = self._variables['params']['fc']['kernel'].shape[0]
    trunk = network.clone(resize=False)

    @jax.jit
    def describe(variables, images):
      # Of float32 also where the device would take less: the FID is a small
      # difference of large numbers.
      with jax.default_matmul_precision('float32'):
        return trunk.apply(variables, images)[0]

    self._describe = describe

  @functools.cached_property
  def fingerprint(self) -> str:
    """Names the weights."""
    return networks.fingerprint(self._variables)

  def of(
    self, frames: UInt8[np.ndarray, 'n h w 3']
  ) -> Float[np.ndarray, 'n d']:
    """Float32 features of RGB frames; d is 2048."""
    parts = [np.zeros((0, self._length), np.float32)]
    for start in range(0, len(frames), self.batch_size):
      batch = frames[start : start + self.batch_size]
      spare = self.batch_size - len(batch)
      filled = np.pad(batch, ((0, spare), *[(0, 0)] * 3), mode='edge')
      found = self._describe(self._variables, _resize(filled))
      parts.append(np.asarray(found)[: len(batch)])
    return np.concatenate(parts)


@jax.jit
def _resize(frames):
  return inception.resize(frames.astype(jnp.float32) / 255)
