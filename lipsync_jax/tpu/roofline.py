"""The time that a step takes at least, from its operations and bytes.

An operation takes what multiplying takes, or what its memory takes, whichever
is longer. Operations other than products of matrices and convolutions are taken
to be fused into these; `unfused` is the other extreme.
"""

import dataclasses

from lipsync_jax.tpu import operations, tiles
from lipsync_jax.training import device_speed


@dataclasses.dataclass(frozen=True)
class Slice:
  """Chips of one kind: `name` of the slice, `kind` as JAX calls the chip."""

  name: str
  kind: str
  chips: int


SLICES = (
  Slice('v5e-1', 'TPU v5 lite', 1),
  Slice('v5e-8', 'TPU v5 lite', 8),
  Slice('v6e-1', 'TPU v6 lite', 1),
)


@dataclasses.dataclass(frozen=True)
class Expected:
  """Seconds of one step on one slice.

  Attributes:
    compute: of all multiplications at the published peak.
    padded: the same with the padding of tiles.
    memory: of the bytes of products and of the state, padded.
    unfused: of all bytes, were no two operations fused.
    all_reduce: of the gradients between the chips.
    least: no padding, everything overlapped.
    expected: with padding; the reduction waits for the last gradient.
  """

  compute: float
  padded: float
  memory: float
  unfused: float
  all_reduce: float
  least: float
  expected: float


def expect(
  program: operations.Program,
  slice_: Slice,
  *,
  gradient_bytes: int,
  unfused_bytes: float = 0.0,
) -> Expected:
  """Times of a step.

  Args:
    program: the step of one chip, with its share of the batch.
    slice_: which chips, and how many.
    gradient_bytes: of all trained parameters' gradients.
    unfused_bytes: what all operations read and write, each by itself.

  Raises:
    ValueError: nothing is published of such chips.
  """
  chip = device_speed.specification(slice_.kind)
  if chip is None or not chip.memory:
    raise ValueError(f'No bandwidths are known of {slice_.kind!r}.')
  # Parameters, moments and averages in, and out again.
  state = sum(a.nbytes for a in (*program.arguments, *program.results))
  state_time = state / chip.memory
  compute = padded = memory = least = expected = 0.0
  for operation in program.of('convolution', 'dot_general'):
    once = _times(operation, chip)
    useful, with_padding, bytes_, bytes_padded = (
      operation.times * seconds for seconds in once
    )
    compute += useful
    padded += with_padding
    memory += bytes_padded
    least += max(useful, bytes_)
    expected += max(with_padding, bytes_padded)
  reduction = all_reduce(gradient_bytes, slice_.chips, chip)
  return Expected(
    compute=compute,
    padded=padded,
    memory=memory + state_time,
    unfused=unfused_bytes / chip.memory,
    all_reduce=reduction,
    least=max(least + state_time, reduction),
    expected=expected + state_time + reduction,
  )


def all_reduce(
  nbytes: int, chips: int, chip: device_speed.Specification
) -> float:
  """Seconds to sum arrays over a ring of chips, both ways around at once.

  Every chip sends 2 (n - 1) / n of the bytes. Each of its four links carries a
  quarter of the published bandwidth, half of that in each direction; a ring
  uses two of them.
  """
  if chips == 1:
    return 0.0
  sent = 2 * (chips - 1) / chips * nbytes
  return sent / (2 * chip.links / 4 / 2)


def _times(
  operation: operations.Operation, chip: device_speed.Specification
) -> tuple[float, float, float, float]:
  """Of one run: multiplying, with padding, memory, with padding."""
  product = operation.product
  peak = chip.flops / product.passes
  arrays = (*operation.operands, operation.result)
  padding = tiles.padded(
    product, itemsize=operation.operands[0].itemsize, lanes=chip.width
  )
  useful = product.flops / peak
  return (
    useful,
    useful / (1 - padding.share),
    sum(a.nbytes for a in arrays) / chip.memory,
    sum(
      tiles.nbytes(planes, a.itemsize)
      for planes, a in zip(product.planes, arrays, strict=True)
    )
    / chip.memory,
  )
