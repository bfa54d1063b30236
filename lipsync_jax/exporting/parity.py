"""How far a file's results are from the network's own."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from lipsync_jax.exporting import program as program_lib

_MOST_LEVELS = 1  # of 255: a rounding that falls the other way
_MOST_RELATIVE = 1e-3  # of the largest number


@dataclasses.dataclass(frozen=True)
class Parity:
  """How far a file's results are from the network's, on random input.

  Attributes:
    name: of the result.
    difference: the largest, absolute.
    mean: of all differences.
    differing: how many numbers differ.
    count: of how many.
    largest: the largest absolute number of the network's own.
    whole: the numbers are whole, 0..255.
  """

  name: str
  difference: float
  mean: float
  differing: int
  count: int
  largest: float
  whole: bool

  @property
  def good(self) -> bool:
    """Whether that is rounding."""
    if self.whole:
      return self.difference <= _MOST_LEVELS
    return self.difference <= _MOST_RELATIVE * self.largest


def compare(
  program: program_lib.Program,
  run: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]],
  *,
  batches: Sequence[int] = (1, 3),
) -> list[Parity]:
  """How far `run` is from the program, on random batches of these sizes."""
  rng = np.random.default_rng(0)
  # On the CPU, which computes in float32 throughout.
  with jax.default_device(jax.local_devices(backend='cpu')[0]):
    arrays = {t.name: _draw(rng, t, max(batches)) for t in program.inputs}
    wanted = jax.device_get(jax.jit(program.named)(**arrays))
    found = [
      run({name: array[:batch] for name, array in arrays.items()})
      for batch in batches
    ]
  return [
    _parity(
      tensor,
      [wanted[tensor.name][:batch] for batch in batches],
      [row[tensor.name] for row in found],
    )
    for tensor in program.outputs
  ]


def _draw(rng: Any, tensor: program_lib.Tensor, batch: int) -> np.ndarray:
  shape = (batch, *tensor.shape)
  if tensor.dtype == 'uint8':
    return rng.integers(0, 256, shape, np.uint8)
  return rng.uniform(-4, 4, shape).astype(np.float32)


def _parity(
  tensor: program_lib.Tensor, wanted: list[np.ndarray], found: list[np.ndarray]
) -> Parity:
  for ours, theirs in zip(wanted, found, strict=True):
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
      raise ValueError(
        f'Nothing was written: {tensor.name} came out as {theirs.dtype} '
        f'{list(theirs.shape)}, not {ours.dtype} {list(ours.shape)}.'
      )
  ours, theirs = (
    np.concatenate([array.ravel().astype(np.float64) for array in arrays])
    for arrays in (wanted, found)
  )
  apart = np.abs(ours - theirs)
  apart = np.where(np.isfinite(apart), apart, math.inf)
  return Parity(
    tensor.name,
    difference=float(apart.max()),
    mean=float(apart.mean()),
    differing=int((apart != 0).sum()),
    count=apart.size,
    largest=float(np.abs(ours).max()),
    whole=tensor.dtype == 'uint8',
  )
