"""Specs of small networks, numbers for their variables, runs that hold them."""

import math

import jax
import numpy as np

from lipsync_jax import conversion, networks, published

GENERATOR = {'module': 'wav2lip.Generator', 'width': 2, 'image_size': 48}
EXPERT = {
  'module': 'expert.Expert',
  'width': 2,
  'embedding': 8,
  'image_size': 48,
}


def variables_of(spec):
  """He-normal kernels, lively statistics: numbers spread, none saturate."""
  rng = np.random.default_rng(0)

  def draw(path, leaf):
    if leaf.ndim > 1:
      scale = math.sqrt(2 / math.prod(leaf.shape[:-1]))
      return rng.normal(0, scale, leaf.shape).astype(np.float32)
    low, high = (0.5, 1.5) if path[-1].key in ('var', 'scale') else (-0.1, 0.1)
    return rng.uniform(low, high, leaf.shape).astype(np.float32)

  shapes = networks.variable_shapes(networks.make(spec))
  return jax.tree_util.tree_map_with_path(draw, shapes)


def write_run(folder, kind, spec):
  about = {'objective': 'cosine_bce', 'data': {'licences': ['CC BY 4.0']}}
  converted = conversion.Converted(
    published.Found(kind, spec, ()), variables_of(spec), 7, about
  )
  conversion.save(folder, converted)
  return str(folder)
