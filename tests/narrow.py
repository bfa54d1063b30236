"""Published networks, but narrow and for small pictures; the command."""

import math
import pathlib
from typing import Any

import jax
import numpy as np

from lipsync_jax import networks, published, torch_weights, weight_files
from tools import convert_checkpoint

# By kind: fields of a spec that is quick to build.
FIELDS = {
  'generator': {'width': 2, 'image_size': 48},
  'expert': {'width': 2, 'embedding': 8, 'image_size': 48},
  'discriminator': {'width': 2, 'image_size': 48},
  'syncnet': {'width': 8, 'embedding': 6, 'image_size': 64},
  'inception': {'width': 2},
  'lpips': {'width': 4},
}

# A state_dict of two arrays.
PLAIN = {
  'a.weight': np.arange(6, dtype=np.float32).reshape(2, 3),
  'a.num_batches_tracked': np.array(3, np.int64),
}


def variables(kind: str, **fields: int) -> dict[str, Any]:
  """Random variables of a network, no two numbers alike."""
  spec = {'module': published.NETWORKS[kind].module, **fields}
  shapes = networks.variable_shapes(networks.make(spec))
  rng = np.random.default_rng(0)

  def draw(leaf):
    scale = 1 / math.sqrt(math.prod(leaf.shape[:-1]))
    return rng.uniform(0.1, scale + 0.2, leaf.shape).astype(np.float32)

  return jax.tree.map(draw, shapes)


def state_dict(kind: str, **fields: int) -> dict[str, np.ndarray]:
  """Those variables as PyTorch would keep them."""
  fields = FIELDS[kind] | fields
  return torch_weights.export(kind, variables(kind, **fields), num_batches=7)


def write(path: pathlib.Path, content: dict[str, np.ndarray]) -> pathlib.Path:
  """Writes a state_dict and returns the path."""
  weight_files.write(path, content, wrapped=False)
  return path


def command(**options: Any) -> int:
  """`python -m tools.convert_checkpoint` with these options."""
  words = []
  for name, value in options.items():
    values = value if isinstance(value, list) else [value]
    words += [f'--{name.replace("_", "-")}', *map(str, values)]
  return convert_checkpoint.main(words)


def assert_same(
  found: dict[str, np.ndarray], expected: dict[str, np.ndarray]
) -> None:
  """The same keys, dtypes, shapes and bits."""
  assert found.keys() == expected.keys()
  for key, value in expected.items():
    assert found[key].dtype == value.dtype, key
    np.testing.assert_array_equal(found[key], value, err_msg=key, strict=True)


def assert_plain(found: dict[str, np.ndarray]) -> None:
  """It is `PLAIN`."""
  assert_same(found, PLAIN)
