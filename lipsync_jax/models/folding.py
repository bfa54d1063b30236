"""BatchNorm put into the layers before it, for networks that only run.

With running statistics BatchNorm multiplies every channel and adds to it; a
convolution just before it can do both by another kernel and bias. Which layer
is before which BatchNorm is seen when the network is called, not taken from
names: where something stands between the two (CBAM's attention), or the input
of the BatchNorm is not one layer's, it stays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util

from lipsync_jax.models import keras_layers, layers, norms

Path = tuple[str, ...]
# Linear, each output channel by the last axis of the kernel and of the bias.
_LINEAR = (
  layers.Conv,
  layers.TransposedConv,
  keras_layers.Conv,
  keras_layers.TransposedConv,
  nn.Dense,
)


def fold(
  variables: dict[str, Any],
  apply: Callable[..., Any],
  inputs: Sequence[jax.ShapeDtypeStruct],
) -> dict[str, Any]:
  """Variables with which a network computes the same without BatchNorm.

  They serve `train=False` only; training with them is an error. Folding twice
  is folding once. The sums are made in float64; results then differ from those
  of `variables` by float32's rounding. What a layer before a BatchNorm computes
  must go nowhere else.

  Args:
    variables: parameters and statistics; not changed.
    apply: calls the network: takes variables and `inputs`. Not computed.
    inputs: shapes of one example.

  Returns:
    The same tree, but the folded BatchNorms have no parameters and statistics
    left, and the layers before them have other kernels and biases, float32.
  """
  flat = traverse_util.flatten_dict(variables, keep_empty_nodes=True)
  for layer, norm, epsilon in _pairs(variables, apply, inputs):
    if ('params', *norm, norms.FOLDED) in flat:
      continue
    offset, scale = (flat.pop(('params', *norm, n)) for n in ('bias', 'scale'))
    mean, var = (flat.pop(('batch_stats', *norm, n)) for n in ('mean', 'var'))
    scale = _double(scale) / np.sqrt(_double(var) + epsilon)
    kernel, bias = ('params', *layer, 'kernel'), ('params', *layer, 'bias')
    moved = (_double(flat.get(bias, 0.0)) - _double(mean)) * scale
    flat[bias] = jnp.asarray(moved + _double(offset), jnp.float32)
    flat[kernel] = jnp.asarray(_double(flat[kernel]) * scale, jnp.float32)
    # What BatchNorm looks for: without it, missing numbers are an error.
    flat['params', *norm, norms.FOLDED] = {}
  return traverse_util.unflatten_dict(flat)


def _double(array: Any) -> np.ndarray:
  return np.asarray(array, np.float64)


def _pairs(
  variables: dict[str, Any],
  apply: Callable[..., Any],
  inputs: Sequence[jax.ShapeDtypeStruct],
) -> list[tuple[Path, Path, float]]:
  """Every layer all whose results go to one BatchNorm, that, its epsilon."""
  made: dict[int, Path] = {}  # which layer's result an array is, by its id
  taken: dict[Path, set[int]] = {}  # which arrays a BatchNorm is given
  epsilons: dict[Path, float] = {}
  kept = []  # or else an id could be given twice

  def watch(call, arguments, options, context):
    module = context.module
    result = call(*arguments, **options)
    if context.method_name != '__call__' or module.is_initializing():
      return result
    if isinstance(module, norms.BatchNorm):
      taken.setdefault(module.path, set()).add(id(arguments[0]))
      epsilons[module.path] = module.epsilon
      kept.append(arguments[0])
    elif isinstance(module, _LINEAR):
      made[id(result)] = module.path
      kept.append(result)
    return result

  with nn.intercept_methods(watch):
    # A function of its own, or JAX might remember it and call nothing.
    jax.eval_shape(lambda *arrays: apply(*arrays), variables, *inputs)
  pairs = []
  for norm, given in taken.items():
    makers = {made.get(one) for one in given}
    (layer, *others) = makers
    results = {one for one, maker in made.items() if maker == layer}
    if layer and not others and results == given:
      pairs.append((layer, norm, epsilons[norm]))
  return pairs
