"""Everything that changes while training, and nothing else."""

import types
from collections.abc import Collection, Mapping
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

from lipsync_jax import sharding as sharding_lib


@flax.struct.dataclass
class TrainState:
  """What a checkpoint holds; keys of the dicts are network names.

  There is no random state: every draw comes from the seed and `step`. All
  fields but the counts of steps are dicts by network name (loss_weights: by
  term, control: by what is kept), typed Any because JAX and orbax rebuild the
  dataclass around shapes, None, arguments.
  """

  step: Any  # int32 []
  params: Any  # frozen networks included
  model_state: Any  # {'batch_stats': ...} per network
  opt_state: Any
  ema_params: Any  # only the networks named in config.ema
  loss_weights: Any  # float32 [], changed between steps
  control: Any  # float32 [], a guard's memory (training/guard.py) or {}
  skipped: Any  # int32 [], steps of the run that changed nothing
  skipped_in_a_row: Any  # int32 [], the last ones of them


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
    skipped=jnp.zeros((), jnp.int32),
    skipped_in_a_row=jnp.zeros((), jnp.int32),
  )


def choose(
  good: jax.Array,
  new: TrainState,
  old: TrainState,
  *,
  frozen: Collection[str],
) -> TrainState:
  """`new` where the step was good, else `old`, one step on and counted."""

  def pick(after, before):
    return jax.tree.map(lambda a, b: jnp.where(good, a, b), after, before)

  params = {
    name: old.params[name] if name in frozen else pick(x, old.params[name])
    for name, x in new.params.items()
  }
  model_state = {
    name: old.model_state[name]
    if name in frozen
    else pick(x, old.model_state[name])
    for name, x in new.model_state.items()
  }
  return new.replace(
    step=old.step + 1,
    params=params,
    model_state=model_state,
    opt_state=pick(new.opt_state, old.opt_state),
    ema_params=pick(new.ema_params, old.ema_params),
    skipped=old.skipped + ~good,
    skipped_in_a_row=jnp.where(good, 0, old.skipped_in_a_row + 1),
  )


def hopeful(state: TrainState, max_bad_steps: int) -> TrainState:
  """A state that was saved, given as many bad steps as any."""
  if int(state.skipped_in_a_row) < max_bad_steps:
    return state
  none = np.zeros((), np.int32)
  sharding = state.skipped_in_a_row.sharding
  return state.replace(
    skipped_in_a_row=sharding_lib.put_replicated(none, sharding)
  )


def before(state: TrainState, step: int) -> TrainState:
  """The state before `step`, since when all steps were skipped."""
  skipped = int(state.skipped) - int(state.skipped_in_a_row)

  def count(number, like):
    return sharding_lib.put_replicated(np.int32(number), like.sharding)

  return state.replace(
    step=count(step, state.step),
    skipped=count(skipped, state.skipped),
    skipped_in_a_row=count(0, state.skipped_in_a_row),
  )
