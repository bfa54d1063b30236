"""Data parallelism: one mesh axis, the same code for 1 device or many hosts.

Under `jax.jit` the batch axis is one logical axis, so BatchNorm statistics and
losses over the batch are global without any collective written by hand. Only
micro-batches have some (`training.accumulation`).
"""

import dataclasses
from typing import Any

import jax
import numpy as np


@dataclasses.dataclass(frozen=True)
class Sharding:
  """Where arrays live: `batch` is split over devices, `replicated` is not."""

  mesh: jax.sharding.Mesh
  batch: jax.sharding.NamedSharding
  replicated: jax.sharding.NamedSharding

  def put_batch(self, batch: dict[str, Any]) -> dict[str, jax.Array]:
    """Makes global arrays of this host's rows of a batch."""
    return jax.make_array_from_process_local_data(self.batch, batch)

  def put_whole(self, batch: dict[str, Any]) -> dict[str, jax.Array]:
    """The same of a batch that every host has whole, as in evaluation."""
    hosts, host = jax.process_count(), jax.process_index()
    share = {
      name: rows[host * len(rows) // hosts : (host + 1) * len(rows) // hosts]
      for name, rows in batch.items()
    }
    return self.put_batch(share)

  def put_replicated(self, tree: Any) -> Any:
    """Makes global arrays of what every host has alike."""
    return put_replicated(tree, self.replicated)


def put_replicated(tree: Any, sharding: jax.sharding.Sharding) -> Any:
  """Makes arrays of `sharding` of what every host has alike and whole.

  Unlike `jax.device_put`, which on several hosts compares them first: a program
  and an exchange for every shape.
  """

  def put(x):
    x = np.asarray(x)
    return jax.make_array_from_callback(x.shape, sharding, lambda i: x[i])

  return jax.tree.map(put, tree)


def make_sharding(num_devices: int | None = None) -> Sharding:
  """Shards over all devices, or over the first `num_devices`.

  Raises:
    ValueError: more devices are asked for than there are.
  """
  devices = jax.devices()
  if num_devices is not None:
    if not 1 <= num_devices <= len(devices):
      raise ValueError(
        f'num_devices={num_devices}, but this machine has {len(devices)}.'
      )
    devices = devices[:num_devices]
  # jax.make_mesh defaults to Explicit axes, under which merging (b t) fails.
  mesh = jax.make_mesh(
    (len(devices),),
    ('data',),
    axis_types=(jax.sharding.AxisType.Auto,),
    devices=devices,
  )
  mesh = _by_host(mesh)
  return Sharding(
    mesh=mesh,
    batch=jax.NamedSharding(mesh, jax.P('data')),
    replicated=jax.NamedSharding(mesh, jax.P()),
  )


def _by_host(mesh: jax.sharding.Mesh) -> jax.sharding.Mesh:
  """The mesh with host p's devices at place p, or batches came out permuted.

  jax.make_mesh orders them by how they are wired; within a host that stays.
  """
  devices = sorted(mesh.devices.flat, key=_host)
  return jax.sharding.Mesh(
    np.array(devices), mesh.axis_names, axis_types=mesh.axis_types
  )


def _host(device: jax.Device) -> int:
  return device.process_index
