"""The operations of a lowered program: which, on what, how often, from where.

Read through MLIR's own classes. Calls are followed, so that an operation of a
function counts once for every call; the body of a loop counts as often as it
runs.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from jax.extend.mlir import ir

from lipsync_jax.tpu import products

_KINDS = ('stablehlo.transpose', 'stablehlo.convolution')
_DOT = 'stablehlo.dot_general'
_ALTERNATIVES = ('stablehlo.case', 'stablehlo.if')


@dataclasses.dataclass(frozen=True)
class Operation:
  """A transpose, a convolution or a product of matrices.

  Attributes:
    kind: 'transpose', 'convolution' or 'dot_general'.
    where: path of the network's layer, as JAX and Flax name it.
    operands: what goes in.
    result: what comes out.
    from_batch: for every operand, whether it depends on the examples.
    times: how often it runs in a step.
    permutation: of a transpose.
    product: of the others.
  """

  kind: str
  where: str
  operands: tuple[products.Array, ...]
  result: products.Array
  from_batch: tuple[bool, ...]
  times: int
  permutation: tuple[int, ...] = ()
  product: products.Product | None = None

  @property
  def backward(self) -> bool:
    """Whether it belongs to the gradients."""
    return 'transpose(' in self.where


@dataclasses.dataclass(frozen=True)
class Program:
  """Operations, and the arrays that a program is given and gives."""

  operations: tuple[Operation, ...]
  arguments: tuple[products.Array, ...]
  from_batch: tuple[bool, ...]
  results: tuple[products.Array, ...]

  def of(self, *kinds: str) -> list[Operation]:
    return [o for o in self.operations if o.kind in kinds]


def read(lowered: Any, *, batch: str) -> Program:
  """Reads what `jax.jit(...).trace(...).lower(...)` gave.

  Args:
    lowered: the program.
    batch: name of the argument that examples come in by.

  Raises:
    ValueError: no argument has this name.
  """
  reader = _Reader(lowered.compiler_ir('stablehlo'))
  main = reader.functions['main'].regions[0].blocks[0]
  # As JAX names them: batch['frames'].
  names = [_name(argument) for argument in main.arguments]
  examples = [name.startswith(batch) for name in names]
  if not any(examples):
    raise ValueError(f'The program has no argument {batch!r}: {names[:3]} ...')
  reader.run(main, examples, 1, '')
  given = list(main.operations)[-1].operands
  return Program(
    tuple(reader.found),
    tuple(products.array(v) for v in main.arguments),
    tuple(examples),
    tuple(products.array(v) for v in given),
  )


class _Reader:
  """Walks a program, and knows of every value whether examples are in it."""

  def __init__(self, module: Any):
    self.functions = {
      op.name.value: op
      for op in module.body.operations
      if op.operation.name == 'func.func'
    }
    self.found: list[Operation] = []
    self._known: dict[Any, bool] = {}
    self._recording = True

  def run(
    self, block: Any, arguments: Sequence[bool], times: int, where: str
  ) -> list[bool]:
    """Walks a block; whether examples are in each of its results."""
    self._known.update(zip(block.arguments, arguments, strict=True))
    for op in block.operations:
      operation = op.operation
      inside = [self._known.get(value, False) for value in operation.operands]
      if operation.name.endswith('return'):
        return inside
      given = self._results(operation, inside, times, where)
      self._known.update(zip(operation.results, given, strict=True))
    return []

  def _results(self, op, inside, times, where) -> list[bool]:
    where = _name(op) or where
    if op.name == 'func.call':
      callee = self.functions[
        ir.FlatSymbolRefAttr(op.attributes['callee']).value
      ]
      return self.run(callee.regions[0].blocks[0], inside, times, where)
    if op.name == 'stablehlo.while':
      return self._loop(op, inside, times, where)
    if op.name in _ALTERNATIVES:
      each = [self.run(r.blocks[0], [], times, where) for r in op.regions]
      return [any(inside) or any(way) for way in zip(*each, strict=True)]
    if op.name == 'sdy.manual_computation':  # jax.shard_map
      return self.run(op.regions[0].blocks[0], inside, times, where)
    if op.name == 'stablehlo.optimization_barrier':
      return inside
    if self._recording and op.name in (*_KINDS, _DOT):
      self._record(op, inside, times, where)
    return [any(inside)] * len(op.results)

  def _loop(self, op, inside, times, where) -> list[bool]:
    condition, body = (region.blocks[0] for region in op.regions)
    recording, self._recording = self._recording, False
    while True:  # until nothing more of the examples comes in
      after = self.run(body, inside, times, where)
      after = [a or b for a, b in zip(inside, after, strict=True)]
      if after == inside:
        break
      inside = after
    self._recording = recording
    return self.run(body, inside, times * _turns(condition), where)

  def _record(self, op, inside, times, where) -> None:
    operands = tuple(products.array(v) for v in op.operands)
    result = products.array(op.results[0])
    permutation, product = (), None
    if op.name == 'stablehlo.transpose':
      permutation = tuple(ir.DenseI64ArrayAttr(op.attributes['permutation']))
    elif op.name == _DOT:
      product = products.of_dot(op, *operands)
    else:
      product = products.of_convolution(op, *operands, result)
    kind = op.name.removeprefix('stablehlo.')
    self.found.append(
      Operation(
        kind,
        where,
        operands,
        result,
        tuple(inside),
        times,
        permutation,
        product,
      )
    )


def _name(op: Any) -> str:
  # Of a location that is no name ('unknown', in functions) there is none.
  return getattr(op.location, 'name_str', '')


def _turns(condition: Any) -> int:
  """How often a loop runs that JAX wrote: while counter < constant.

  1 where it is no such loop: that is what XLA counts for all of them.
  """
  for op in condition.operations:
    if op.operation.name == 'stablehlo.constant':
      value = ir.DenseIntElementsAttr(op.operation.attributes['value'])
      return max(1, int(list(value)[0]))
  return 1
