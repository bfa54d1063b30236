"""Units that never fire, statistics that stand still, numbers that are none."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# BatchNorm adds 1e-5 to variances: far below, a channel's input is constant.
_NO_VARIANCE = 1e-8


def largest(intermediates: Mapping[str, Any]) -> dict[str, Any]:
  """Largest and least output of every channel of every module, by path.

  Args:
    intermediates: what Flax captures of all modules' calls.

  Returns:
    {path: [2, channels]}; modules that give no array of channels are absent.
  """
  found = {}
  for path, value in jax.tree_util.tree_leaves_with_path(intermediates):
    names = [str(getattr(p, 'key', getattr(p, 'idx', p))) for p in path]
    where = '/'.join(names[: names.index('__call__')])
    if where and value.ndim >= 2 and jnp.issubdtype(value.dtype, jnp.floating):
      axes = tuple(range(value.ndim - 1))
      ends = jnp.stack([value.max(axes), value.min(axes)]).astype(jnp.float32)
      found[f'{where}#{len(found)}'] = ends
  return found


def merge(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
  """The same of several batches together."""
  return {
    name: np.stack(
      [
        np.max([part[name][0] for part in parts], axis=0),
        np.min([part[name][1] for part in parts], axis=0),
      ]
    )
    for name in parts[0]
  }


def dead(channels: Mapping[str, np.ndarray]) -> dict[str, tuple[int, int]]:
  """Of every layer with ReLU how many channels never fire, of how many.

  Such a layer is one whose outputs are never below 0, the innermost of those
  that hand them on. Where a ReLU follows that is no module's end, its
  BatchNorm: a channel of it that is never above 0 never passes.
  """
  ends = {}
  for name, value in channels.items():
    ends.setdefault(name.rpartition('#')[0], value)
  rectified = {name for name, (_, low) in ends.items() if (low >= 0).all()}
  inner = {
    name
    for name in rectified
    if not any(other.startswith(f'{name}/') for other in rectified)
  }
  norms = {
    name
    for name in ends
    if name.rpartition('/')[2].startswith(('norm', 'BatchNorm'))
    and name.rpartition('/')[0] not in rectified
  }
  return {
    name: (int((ends[name][0] <= 0).sum()), ends[name].shape[1])
    for name in sorted(inner | norms)
  }


def read(variables: Mapping[str, Any]) -> dict[str, Any]:
  """Of parameters and statistics.

  Returns:
    not_finite: names of parameters with a nan or an infinity; still: share of
    BatchNorm's running variances that are nearly 0, None without BatchNorm.
  """
  wrong, variances = [], []
  for path, value in jax.tree_util.tree_leaves_with_path(dict(variables)):
    names = [str(getattr(p, 'key', p)) for p in path]
    value = np.asarray(value, np.float32)
    if not np.isfinite(value).all():
      wrong.append('/'.join(names))
    if names[-1] == 'var':
      variances.append(value.ravel())
  still = None
  if variances:
    still = float(np.mean(np.concatenate(variances) < _NO_VARIANCE))
  return {'not_finite': wrong, 'still': still}


def spread(embeddings: np.ndarray) -> dict[str, float]:
  """How embeddings of different windows differ.

  Args:
    embeddings: [n, d].

  Returns:
    deviation: root mean square distance from their mean, in lengths of an
    embedding; rank: how many dimensions they use, the exponential of the
    entropy of their variances (Roy & Vetterli, 2007).
  """
  x = embeddings.astype(np.float64)
  x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
  x = x - x.mean(0)
  variances = np.linalg.svd(x, compute_uv=False) ** 2
  total = variances.sum()
  if not total > 1e-12 * len(x):
    return {'deviation': 0.0, 'rank': 1.0}
  shares = variances[variances > 0] / total
  return {
    'deviation': float(np.sqrt(total / len(x))),
    'rank': float(np.exp(-(shares * np.log(shares)).sum())),
  }
