"""Maps that stay channels first from one convolution to the next.

JAX's maps are [n, h, w, c] here, ONNX's convolutions take [n, c, h, w]. With a
transpose before and after each, OpenVINO spends a third of its time moving
numbers and fuses nothing: it does not take transposes past sums. So every
result that comes from a convolution has a twin, itself channels first; what
computes each number alone is done with twins, and a transpose that nobody reads
in the end is not written.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lipsync_jax.exporting import onnx_graph

_FIRST, _LAST = (0, 3, 1, 2), (0, 2, 3, 1)  # the axes to take


def first(graph: onnx_graph.Graph, x: onnx_graph.Value) -> onnx_graph.Value:
  """A map [n, h, w, c] as [n, c, h, w]."""
  twin = _twin(graph, x)
  return graph.add('Transpose', x, perm=_FIRST) if twin is None else twin


def last(graph: onnx_graph.Graph, twin: str) -> str:
  """A map [n, c, h, w] as [n, h, w, c], which knows its twin."""
  name = graph.add('Transpose', twin, perm=_LAST)
  graph.twins[name] = twin
  return name


def pointwise(
  graph: onnx_graph.Graph,
  make: Callable[..., str],
  *inputs: onnx_graph.Value,
) -> str:
  """`make(*inputs)`, which computes every number from those in its place."""
  twins = [_twin(graph, x) for x in inputs]
  # A name is a whole map; broadcast constants alone would make a smaller one.
  if any(isinstance(twin, str) for twin in twins):
    if all(twin is not None for twin in twins):
      return last(graph, make(*twins))
  return make(*inputs)


def along(
  graph: onnx_graph.Graph,
  make: Callable[..., str],
  axes: Sequence[int],
  *inputs: onnx_graph.Value,
) -> str:
  """`make(axes, *inputs)`, which gives maps with the axes of its inputs."""
  twins = [_twin(graph, x) for x in inputs]
  if all(isinstance(twin, str) for twin in twins):
    return last(graph, make([_FIRST.index(axis) for axis in axes], *twins))
  return make(axes, *inputs)


def constant(graph: onnx_graph.Graph, name: str, array: np.ndarray) -> None:
  """Says that `name` is this constant [1 or n, 1 or h, ...] broadcast."""
  graph.twins[name] = array.transpose(_FIRST)


def _twin(
  graph: onnx_graph.Graph, x: onnx_graph.Value
) -> onnx_graph.Value | None:
  if isinstance(x, str):
    return graph.twins.get(x)
  if x.ndim == 0:
    return x
  return x.transpose(_FIRST) if x.ndim == 4 else None
