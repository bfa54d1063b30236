"""What a program does that a TPU would rather not."""

import math

from lipsync_jax.tpu import operations


def moved(program: operations.Program) -> list[operations.Operation]:
  """Transposes of activations.

  That is of what comes from the examples. Gradients of kernels do as well, and
  are told by their shape, that of a parameter or of what a product multiplies
  by. An axis of length one is moved for nothing.
  """
  kernels = _kernels(program)
  return [
    operation
    for operation in program.of('transpose')
    if operation.from_batch[0]
    and _moves(operation)
    and _size(operation.operands[0].shape) not in kernels
  ]


def wide(program: operations.Program) -> list[operations.Operation]:
  """Convolutions with an operand of float32 (or float64)."""
  return [
    operation
    for operation in program.of('convolution')
    if any(a.dtype in ('f32', 'f64') for a in operation.operands)
  ]


def wide_products(program: operations.Program) -> float:
  """Share of the operations (FLOP) of float32 matrix products, 0..1."""
  every = program.of('convolution', 'dot_general')
  whole = sum(o.times * o.product.flops for o in every)
  part = sum(
    o.times * o.product.flops
    for o in program.of('dot_general')
    if o.operands[0].dtype == 'f32'
  )
  return part / whole if whole else 0.0


def moved_bytes(found: list[operations.Operation]) -> int:
  """Read by transposes in a step."""
  return sum(o.times * o.operands[0].nbytes for o in found)


def _moves(operation: operations.Operation) -> bool:
  shape = operation.operands[0].shape
  kept = [axis for axis in operation.permutation if shape[axis] > 1]
  return kept != sorted(kept)


def _kernels(program: operations.Program) -> set[tuple[int, ...]]:
  """Sizes of parameters, and of what is multiplied by and is no example."""
  found = {
    _size(array.shape)
    for array, example in zip(
      program.arguments, program.from_batch, strict=True
    )
    if not example
  }
  for operation in program.of('convolution', 'dot_general'):
    for array, example in zip(
      operation.operands, operation.from_batch, strict=True
    ):
      if not example:
        found.add(_size(array.shape))
  return {size for size in found if math.prod(size) > 1}


def _size(shape: tuple[int, ...]) -> tuple[int, ...]:
  return tuple(sorted(n for n in shape if n > 1))
