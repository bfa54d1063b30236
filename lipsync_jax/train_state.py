"""Everything that changes while training, and nothing else."""

import types
from collections.abc import Mapping
from typing import Any

import flax
import jax
import jax.numpy as jnp
import optax


@flax.struct.dataclass
class TrainState:
  """What a checkpoint holds; keys of the dicts are network names.

  There is no random state: every draw comes from the seed and `step`. All
  fields but `step` are dicts by network name (loss_weights: by term, control:
  by what is kept), typed Any because JAX and orbax rebuild the dataclass
  around shapes, None, arguments.
  """

  step: Any  # int32 []
  params: Any  # frozen networks included
  model_state: Any  # {'batch_stats': ...} per network
  opt_state: Any
  ema_params: Any  # only the networks named in config.ema
  loss_weights: Any  # float32 [], changed between steps
  control: Any  # float32 [], a guard's memory (training/guard.py) or {}


def create(
  params: dict[str, Any],
  model_state: dict[str, Any],
  tx: optax.GradientTransformation,
  *,
  loss_weights: dict[str, float],
  ema_networks: tuple[str, ...] = (),
  control: Mapping[str, float] = types.MappingProxyType({}),
) -> TrainState:
  """A state at step 0.

  Raises:
    ValueError: `ema_networks` names a network that `params` lacks.
  """
  if unknown := set(ema_networks) - set(params):
    raise ValueError(
      f'ema names {sorted(unknown)}; the networks are {sorted(params)}.'
    )
  return TrainState(
    step=jnp.zeros((), jnp.int32),
    params=params,
    model_state=model_state,
    opt_state=tx.init(params),
    # Copies: a donated buffer must not appear twice in the state.
    ema_params={n: jax.tree.map(jnp.copy, params[n]) for n in ema_networks},
    loss_weights={k: jnp.float32(v) for k, v in loss_weights.items()},
    control={k: jnp.float32(v) for k, v in control.items()},
  )
