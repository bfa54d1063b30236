"""An ONNX graph in the making; the only file that knows onnx."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

# Of 2022, so that runtimes of the last years read it; the IR that goes with it.
_OPSET = 18
_IR_VERSION = 8
_BATCH = 'batch'

Value = str | np.ndarray  # the name of a result, or a constant


class Graph:
  """Nodes, constants, inputs and outputs.

  Attributes:
    twins: of some results, themselves channels first, see `onnx_layout`.

  Raises:
    ModuleNotFoundError: onnx is not installed.
  """

  def __init__(self):
    import onnx

    self.twins: dict[str, Value] = {}
    self._onnx = onnx
    self._nodes = []
    self._constants = []
    self._inputs = []
    self._outputs = []
    self._known = {}
    self._batch_size = None
    self._count = 0

  def add_input(self, name: str, shape: tuple[int, ...], dtype: Any) -> str:
    """An input with the batch before `shape`."""
    self._inputs.append(self._information(name, shape, dtype))
    return name

  def add_output(
    self, value: Value, name: str, shape: tuple[int, ...], dtype: Any
  ) -> None:
    """Gives a result out under a name."""
    node = self._onnx.helper.make_node('Identity', [self._name(value)], [name])
    self._nodes.append(node)
    self._outputs.append(self._information(name, shape, dtype))

  def add(self, operation: str, *inputs: Value, **attributes: Any) -> str:
    """One node of one result, whose name is returned."""
    return self.add_many(operation, *inputs, results=1, **attributes)[0]

  def add_many(
    self, operation: str, *inputs: Value, results: int, **attributes: Any
  ) -> list[str]:
    """One node of several results."""
    names = [self._new_name() for _ in range(results)]
    node = self._onnx.helper.make_node(
      operation, [self._name(value) for value in inputs], names, **attributes
    )
    self._nodes.append(node)
    return names

  def cast(self, value: Value, dtype: Any) -> str:
    """A value as another type."""
    return self.add('Cast', value, to=self._type(dtype))

  def shape(self, sizes: Sequence[Any]) -> Value:
    """Sizes as ONNX takes them; all that are no numbers are the batch."""
    if all(isinstance(size, int) for size in sizes):
      return np.array(sizes, np.int64)
    if self._batch_size is None:
      self._batch_size = self.add('Shape', self._inputs[0].name, start=0, end=1)
    parts = [
      np.array([size], np.int64) if isinstance(size, int) else self._batch_size
      for size in sizes
    ]
    return self.add('Concat', *parts, axis=0)

  def serialize(self) -> bytes:
    """The checked model, without what no output needs."""
    helper = self._onnx.helper
    nodes, needed = [], {output.name for output in self._outputs}
    for node in reversed(self._nodes):
      if needed.intersection(node.output):
        nodes.insert(0, node)
        needed.update(node.input)
    constants = [array for array in self._constants if array.name in needed]
    graph = helper.make_graph(
      nodes, 'lipsync_jax', self._inputs, self._outputs, constants
    )
    model = helper.make_model(
      graph,
      opset_imports=[helper.make_opsetid('', _OPSET)],
      ir_version=_IR_VERSION,
      producer_name='lipsync_jax',
    )
    self._onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()

  def _name(self, value: Value) -> str:
    if isinstance(value, str):
      return value
    # Unrolled loops use their kernels many times.
    digest = hashlib.sha256(np.ascontiguousarray(value)).digest()
    key = (value.dtype, value.shape, digest)
    if key not in self._known:
      self._known[key] = self._new_name()
      self._constants.append(
        self._onnx.numpy_helper.from_array(value, self._known[key])
      )
    return self._known[key]

  def _new_name(self) -> str:
    self._count += 1
    return f'v{self._count}'

  def _information(self, name, shape, dtype):
    sizes = [_BATCH, *shape]
    kind = self._type(dtype)
    return self._onnx.helper.make_tensor_value_info(name, kind, sizes)

  def _type(self, dtype: Any) -> int:
    return self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
