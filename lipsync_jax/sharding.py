"""Data parallelism: one mesh axis, the same code for 1 device or many hosts.

Under `jax.jit` the batch axis is one logical axis, so BatchNorm statistics and
losses over the batch are global without any collective written by hand.
"""

import dataclasses
from typing import Any

import jax


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
  return Sharding(
    mesh=mesh,
    batch=jax.NamedSharding(mesh, jax.P('data')),
    replicated=jax.NamedSharding(mesh, jax.P()),
  )
