"""A detector of width 2, not trained, and pictures for it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from lipsync_jax import s3fd_detector
from lipsync_jax.models import s3fd


@functools.cache
def variables():
  """Of a network of width 2 that finds something everywhere."""
  init = jax.jit(s3fd.S3FD(width=2).init)
  tree = init(jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
  return jax.tree.map_with_path(_surer, jax.device_get(tree))


def _surer(path, leaf):
  name = jax.tree_util.keystr(path, simple=True, separator='/')
  if name.endswith('conf/kernel'):
    return 3 * leaf
  return leaf + np.eye(len(leaf))[-1] if name.endswith('conf/bias') else leaf


def narrow(**options):
  return s3fd_detector.Detector(s3fd.S3FD(width=2), variables(), **options)


def pictures(count, height=48, width=64):
  rng = np.random.default_rng(0)
  return list(rng.integers(0, 256, (count, height, width, 3), np.uint8))
