"""Gradients of a batch too large for memory: micro-batches, reduced once.

What equals one large batch, and what does not:

- Losses that are means over examples (L1, the judgement of pictures, pairs of
  an expert, matching within a clip) and networks without BatchNorm: exactly,
  up to rounding.
- BatchNorm normalises by its micro-batch, over all devices, so a network in
  training differs as it would with the smaller batch; its running statistics
  move once every micro-batch. It is that of `models.layers`, which sees that it
  is given one device's part; nn.BatchNorm would stay within that part.
- Losses that compare examples (matching over the batch: `candidates='batch'`
  and sync_loss 'matching'; LipGAN's sounds of other clips) compare those of one
  device's part of a micro-batch: fewer candidates, an easier choice. Metrics
  that are means over a mask weigh such parts equally.
- Random draws (dropout, LipGAN's coins) differ, also between numbers of
  devices: each part draws its own.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lipsync_jax import sharding as sharding_lib


def check(batch_size: int, *, devices: int, accumulate: int) -> None:
  """Raises ValueError unless every device gets whole parts of a batch."""
  if accumulate < 1:
    raise ValueError(f'accumulate={accumulate} must be 1 or more.')
  if batch_size % (devices * accumulate):
    parts = f'{devices} devices'
    if accumulate > 1:
      parts += f' times accumulate={accumulate}'
    raise ValueError(
      f'batch_size={batch_size} must be divisible by the {parts}.'
    )


def accumulated(
  gradient: Callable[..., tuple[Any, tuple[Any, Any, Any]]],
  sharding: sharding_lib.Sharding,
  count: int,
) -> Callable[..., tuple[Any, tuple[Any, Any, Any]]]:
  """The same function, the batch taken in `count` micro-batches.

  Micro-batch i holds the rows r with r mod count == i, on however many devices.
  One reduction over the devices follows the last: under `jax.jit` alone it
  would be inside the loop.

  Args:
    gradient: (trained, frozen, model_state, weights, batch, rng) -> (grads,
      (losses, model_state, metrics)).
    sharding: of batches over devices.
    count: of micro-batches; divides every device's rows.

  Returns:
    Of grads, losses and metrics the means over micro-batches and devices; the
    model_state after the last micro-batch.
  """
  (axis,) = sharding.mesh.axis_names

  def on_device(trained, frozen, model_state, weights, batch, rng):
    rng = jax.random.fold_in(rng, jax.lax.axis_index(axis))
    size = len(jax.tree.leaves(batch)[0])
    check(
      size * sharding.mesh.size, devices=sharding.mesh.size, accumulate=count
    )

    def split(rows):
      return rows.reshape(size // count, count, *rows.shape[1:])

    parts = jax.tree.map(split, batch)

    def add(carry, i):
      total, model_state = carry
      # Not one axis moved in front of all, which a TPU would copy.
      rows = jax.tree.map(
        lambda x: jax.lax.dynamic_index_in_dim(x, i, 1, keepdims=False), parts
      )
      grads, (losses, model_state, metrics) = gradient(
        trained, frozen, model_state, weights, rows, jax.random.fold_in(rng, i)
      )
      total = jax.tree.map(jnp.add, total, grads)
      return (total, model_state), (losses, metrics)

    zeros = jax.tree.map(jnp.zeros_like, trained)
    (total, model_state), each = jax.lax.scan(
      add,
      (zeros, model_state),
      jnp.arange(count),
    )
    means = (
      jax.tree.map(lambda g: g / count, total),
      jax.tree.map(lambda x: x.mean(0), each),
    )
    grads, (losses, metrics) = jax.lax.pmean(means, axis)
    return grads, (losses, model_state, metrics)

  everywhere, rows = jax.P(), jax.P(axis)
  return jax.shard_map(
    on_device,
    mesh=sharding.mesh,
    in_specs=(*[everywhere] * 4, rows, everywhere),
    out_specs=everywhere,
    # With it the parameters count as equal everywhere, and JAX would reduce
    # their gradients where they arise, inside the loop.
    check_vma=False,
  )
