"""What the towers of SyncNet v2 cost for each frame that is judged.

Any weights take the same time. The operations are XLA's own count: that of a
batch is its number of embeddings times that of one, so a tower runs once per
window start, which is once per frame (T - 4 embeddings of T frames).
"""

import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lipsync_jax import networks
from lipsync_jax.judging import evaluate, lse
from tools import benchmark_table


def fresh_syncnet(width: int) -> tuple[Any, Any]:
  """SyncNet v2 and variables of the sizes that training begins with."""
  network = networks.make({'module': 'syncnet.SyncNet', 'width': width})
  inputs, how = networks.example(network)
  zeros = [jnp.zeros(each.shape, each.dtype) for each in inputs]
  init = jax.jit(functools.partial(network.init, **how))
  return network, init(jax.random.key(0), *zeros)


def programs(network, variables) -> dict[str, tuple]:
  """Compiled programs; what they embed; their operations as XLA counts them."""
  count, size = lse.BATCH_SIZE, network.image_size
  pictures = jnp.zeros((count, 5, size, size, 3))
  mfcc = jnp.zeros((count, 13, 20, 1))

  def tower(method, inputs):
    def apply(variables, x):
      return network.apply(variables, x, train=False, method=method)

    return _program(apply, variables, inputs)

  found = {
    'lip tower': (*tower('embed_face', pictures), count),
    'sound tower': (*tower('embed_audio', mfcc), count),
  }
  embed = evaluate.make_embed(network)
  for n in (count, 2 * count):
    frames = jnp.zeros((n + 4, size, size, 3), jnp.uint8)
    heard = jnp.zeros((n, 13, 20, 1))
    name = f'both, {n + 4} frames -> {n} embeddings'
    found[name] = (*_program(embed, variables, frames, heard), n)
  return found


def _program(function: Callable, *inputs) -> tuple[Callable, float]:
  jitted = function if hasattr(function, 'lower') else jax.jit(function)
  program = jitted.lower(*inputs).compile()
  return lambda: program(*inputs), program.cost_analysis()['flops']


def seconds(call: Callable) -> float:
  start = time.perf_counter()
  jax.block_until_ready(call())
  return time.perf_counter() - start


def rows(
  towers: dict[str, tuple], alone: dict[str, list[float]]
) -> list[dict[str, str]]:
  found = []
  for name, (_, flops, count) in towers.items():
    taken = np.array(alone[name])
    found.append(
      {
        'program': name,
        'GFLOP': benchmark_table.number(flops / 1e9),
        'GFLOP / embedding': benchmark_table.number(flops / count / 1e9, 4),
        'ms / embedding': benchmark_table.spread(1000 * taken / count),
        'GFLOP/s': benchmark_table.spread(flops / taken / 1e9),
      }
    )
  return found
