"""What a device can do: what is published of it, and what it reaches here."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

SIDE = 2048


class Specification(NamedTuple):
  """A chip as its maker describes it.

  Attributes:
    flops: bfloat16 without sparsity, FLOP/s.
    memory: bytes a second between chip and its memory; 0: not noted here.
    links: bytes a second to other chips, both directions of all links.
    width: rows and columns of the units that multiply.
  """

  flops: float
  memory: float = 0.0
  links: float = 0.0
  width: int = 0


# NVIDIA's data sheets; Cloud TPU's pages of system architecture (v5e: 819 GB/s
# HBM, 400 GB/s ICI; v6e: 1638 and 800). Names as those of JAX begin.
_PUBLISHED = {
  'NVIDIA H200': Specification(989e12),
  'NVIDIA H100': Specification(989e12),
  'NVIDIA A100': Specification(312e12),
  'NVIDIA L40S': Specification(362e12),
  'NVIDIA L4': Specification(121e12),
  'TPU v6 lite': Specification(918e12, 1638e9, 800e9, 256),
  'TPU v5 lite': Specification(197e12, 819e9, 400e9, 128),
  'TPU v5p': Specification(459e12),
  'TPU v5': Specification(459e12),
  'TPU v4': Specification(275e12),
}


def specification(kind: str) -> Specification | None:
  """What is published of a `device_kind`; None: not known."""
  # The longest name first: L40S is no L4.
  for name in sorted(_PUBLISHED, key=len, reverse=True):
    if kind.startswith(name):
      return _PUBLISHED[name]
  return None


def published(kind: str) -> float | None:
  """FLOP/s in bfloat16 by the maker of a `device_kind`; None: not known."""
  found = specification(kind)
  return None if found is None else found.flops


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
