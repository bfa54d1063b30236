"""The jitted steps. They serve every family and know none."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lipsync_jax import sharding as sharding_lib
from lipsync_jax import train_state
from lipsync_jax.tasks import base
from lipsync_jax.training import gradients as gradients_lib

Metrics = dict[str, jax.Array]


def make_train_step(
  task: base.Task,
  tx: optax.GradientTransformation,
  sharding: sharding_lib.Sharding,
  *,
  seed: int,
  ema_decay: float = 0.999,
  remat: bool = False,
  accumulate: int = 1,
  max_bad_steps: int = 10,
) -> Callable[
  [train_state.TrainState, dict[str, Any]],
  tuple[train_state.TrainState, Metrics],
]:
  """Returns `step(state, batch) -> (state, metrics)`; the old state is donated.

  A step that would bring anything that is not finite into the state is skipped:
  only `step` and the counts of skipped steps advance. After `max_bad_steps`
  such steps in a row everything is skipped, so that the state is still that
  before the first of them whenever the host looks (`training.health`).

  Metrics, float32 scalars: those of the task, the loss and the norms of
  gradients and new parameters of every trained network, and `skipped` (0 or
  1), `skipped_in_a_row`, `skipped_steps` (of the whole run).

  Args:
    task: networks and losses.
    tx: from `optimizer.make_optimizer`.
    sharding: of batches over devices.
    seed: of what the task draws.
    ema_decay: of averaged parameters.
    remat, accumulate: see `gradients.make_gradients`.
    max_bad_steps: 1 or more.

  Raises:
    ValueError: max_bad_steps is less.
  """
  if max_bad_steps < 1:
    raise ValueError(f'max_bad_steps={max_bad_steps} must be 1 or more.')
  gradients = gradients_lib.make_gradients(
    task, sharding, remat=remat, accumulate=accumulate
  )

  def step(state, batch):
    rng = jax.random.fold_in(jax.random.key(seed), state.step)
    grads, losses, model_state, metrics = gradients(state, batch, rng)
    # An optimizer takes the whole tree; those of frozen networks end here.
    none = {
      name: jax.tree.map(jnp.zeros_like, state.params[name])
      for name in state.params.keys() - grads.keys()
    }
    updates, opt_state = tx.update(grads | none, state.opt_state, state.params)
    if 'rate' in state.control:  # Where a guard is: other programs stay as is.
      updates = jax.tree.map(lambda u: u * state.control['rate'], updates)
      metrics = metrics | {'guard_rate': state.control['rate']}
    # Frozen parameters are handed on, not added to: -0.0 + 0.0 is 0.0, which
    # would change their bytes.
    params = state.params | {
      name: optax.apply_updates(state.params[name], updates[name])
      for name in grads
    }
    ema_params = {
      name: optax.incremental_update(params[name], ema, 1 - ema_decay)
      for name, ema in state.ema_params.items()
    }
    watched = {f'{n}_loss': loss for n, loss in losses.items()}
    for name in grads:
      watched[f'{name}_grad_norm'] = optax.tree.norm(grads[name])
      watched[f'{name}_param_norm'] = optax.tree.norm(params[name])
    good = _all_finite((watched, model_state))
    good &= state.skipped_in_a_row < max_bad_steps
    new_state = train_state.choose(
      good,
      state.replace(
        params=params,
        model_state=model_state,
        opt_state=opt_state,
        ema_params=ema_params,
      ),
      state,
      frozen=task.frozen,
    )
    counts = {
      'skipped': ~good,
      'skipped_in_a_row': new_state.skipped_in_a_row,
      'skipped_steps': new_state.skipped,
    }
    counts = {k: v.astype(jnp.float32) for k, v in counts.items()}
    return new_state, metrics | watched | counts

  return jax.jit(
    step,
    donate_argnums=0,
    in_shardings=(sharding.replicated, sharding.batch),
    out_shardings=(sharding.replicated, sharding.replicated),
  )


def _all_finite(tree: Any) -> jax.Array:
  """Whether no number anywhere in the tree is infinite or NaN."""
  each = jnp.stack([jnp.isfinite(x).all() for x in jax.tree.leaves(tree)])
  # Or XLA makes a chain of them, and writes it out anew wherever it is asked
  # for: LipGAN's step had four times the instructions and ran half as fast.
  return jax.lax.optimization_barrier(each).all()


def make_eval_step(
  task: base.Task, sharding: sharding_lib.Sharding
) -> Callable[
  [dict[str, Any], dict[str, Any], dict[str, jax.Array], dict[str, Any], Any],
  Metrics,
]:
  """Returns `step(params, model_state, loss_weights, rows, mask) -> sums`.

  rows: arrays [b, k, ...], batches of k examples for the task, one for every
  record (`dataset.evaluation_batches`). Each is judged by itself: networks by
  their running statistics, and losses that compare the examples of a batch
  (matching over the batch, LipGAN's false sounds, an expert's statistics with
  expert_batch_stats) within the record. sums: of every metric over the rows
  where mask [b] is true. So their mean depends neither on the size of a batch
  nor on what fills it up nor on the number of devices.
  """

  def step(params, model_state, loss_weights, rows, mask):
    def judge(batch):
      losses, (_, metrics) = task.loss(
        params,
        model_state,
        batch,
        weights=loss_weights,
        rng=jax.random.key(0),
        train=False,
      )
      return metrics | {f'{n}_loss': loss for n, loss in losses.items()}

    each = jax.vmap(judge)(rows)
    return {k: jnp.sum(v, where=mask) for k, v in each.items()}

  replicated, split = sharding.replicated, sharding.batch
  return jax.jit(
    step,
    in_shardings=(replicated, replicated, replicated, split, split),
    out_shardings=replicated,
  )


def eval_params(state: train_state.TrainState) -> dict[str, Any]:
  """The parameters to judge and to use: averaged ones where they exist."""
  return state.params | state.ema_params


def set_loss_weights(
  state: train_state.TrainState, weights: dict[str, float]
) -> train_state.TrainState:
  """Changes loss weights without recompiling (same dtype and sharding)."""
  return state.replace(loss_weights=_like(state.loss_weights, weights))


def set_control(
  state: train_state.TrainState, control: Mapping[str, float]
) -> train_state.TrainState:
  """Changes what a guard remembers, and with it the rate, in the same way."""
  return state.replace(control=_like(state.control, control))


def _like(old: Mapping[str, Any], new: Mapping[str, float]) -> dict[str, Any]:
  return {
    name: sharding_lib.put_replicated(np.float32(new[name]), value.sharding)
    for name, value in old.items()
  }
