"""What a device can do: what is published of it, and what it reaches here."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

SIDE = 2048

# bfloat16 without sparsity, 1e12 FLOP/s: NVIDIA's data sheets, Cloud TPU's
# pages of system architecture. Names as those of JAX begin.
_PUBLISHED = {
  'NVIDIA H200': 989.0,
  'NVIDIA H100': 989.0,
  'NVIDIA A100': 312.0,
  'NVIDIA L40S': 362.0,
  'NVIDIA L4': 121.0,
  'TPU v6 lite': 918.0,
  'TPU v5 lite': 197.0,
  'TPU v5p': 459.0,
  'TPU v5': 459.0,
  'TPU v4': 275.0,
}


def published(kind: str) -> float | None:
  """FLOP/s in bfloat16 by the maker of a `device_kind`; None: not known."""
  # The longest name first: L40S is no L4.
  for name in sorted(_PUBLISHED, key=len, reverse=True):
    if kind.startswith(name):
      return _PUBLISHED[name] * 1e12
  return None


def matmul(dtype: Any) -> tuple[Callable[[], jax.Array], int]:
  """A product of two matrices on one device, and its operations."""
  rng = np.random.default_rng(0)
  a, b = (
    jnp.asarray(rng.standard_normal((SIDE, SIDE)), dtype) for _ in range(2)
  )
  program = jax.jit(jnp.matmul).lower(a, b).compile()
  return lambda: program(a, b), 2 * SIDE**3


def seconds(call: Callable[[], Any], *, at_least: float = 2.0) -> float:
  """Of one call: the mean over so many seconds of calls."""
  jax.block_until_ready(call())
  start, count = time.perf_counter(), 0
  while time.perf_counter() - start < at_least or count < 2:
    jax.block_until_ready(call())
    count += 1
  return (time.perf_counter() - start) / count


def reached(dtype: Any) -> float:
  """FLOP/s of a matrix product here."""
  call, operations = matmul(dtype)
  return operations / seconds(call, at_least=1.0)
