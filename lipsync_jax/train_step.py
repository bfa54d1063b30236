"""The jitted steps. They serve every family and know none."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax

from lipsync_jax import sharding as sharding_lib
from lipsync_jax import train_state
from lipsync_jax.tasks import base

Metrics = dict[str, jax.Array]


def make_train_step(
  task: base.Task,
  tx: optax.GradientTransformation,
  sharding: sharding_lib.Sharding,
  *,
  seed: int,
  ema_decay: float = 0.999,
) -> Callable[
  [train_state.TrainState, dict[str, Any]],
  tuple[train_state.TrainState, Metrics],
]:
  """Returns `step(state, batch) -> (state, metrics)`; the old state is donated.

  Each network's loss reaches only its own parameters (stop_gradient in the
  task), so the gradient of the sum is the gradient of each loss for its
  network, and one backward pass serves all of them.
  """

  def step(state, batch):
    rng = jax.random.fold_in(jax.random.key(seed), state.step)

    def total_loss(params):
      losses, (model_state, metrics) = task.loss(
        params,
        state.model_state,
        batch,
        weights=state.loss_weights,
        rng=rng,
        train=True,
      )
      return sum(losses.values()), (losses, model_state, metrics)

    grads, (losses, model_state, metrics) = jax.grad(total_loss, has_aux=True)(
      state.params
    )
    _check_state(task, state.model_state, model_state)
    updates, opt_state = tx.update(grads, state.opt_state, state.params)
    if 'rate' in state.control:  # Where a guard is: other programs stay as is.
      updates = jax.tree.map(lambda u: u * state.control['rate'], updates)
      metrics = metrics | {'guard_rate': state.control['rate']}
    trained = [name for name in state.params if name not in task.frozen]
    # Frozen parameters are handed on, not added to: -0.0 + 0.0 is 0.0, which
    # would change their bytes.
    params = state.params | {
      name: optax.apply_updates(state.params[name], updates[name])
      for name in trained
    }
    new_state = state.replace(
      step=state.step + 1,
      params=params,
      model_state=model_state,
      opt_state=opt_state,
      ema_params={
        name: optax.incremental_update(params[name], ema, 1 - ema_decay)
        for name, ema in state.ema_params.items()
      },
    )
    metrics = metrics | {f'{n}_loss': loss for n, loss in losses.items()}
    for name in trained:
      metrics[f'{name}_grad_norm'] = optax.tree.norm(grads[name])
      metrics[f'{name}_param_norm'] = optax.tree.norm(params[name])
    return new_state, metrics

  return jax.jit(
    step,
    donate_argnums=0,
    in_shardings=(sharding.replicated, sharding.batch),
    out_shardings=(sharding.replicated, sharding.replicated),
  )


def _check_state(task: base.Task, before: Any, after: Any) -> None:
  """A state put elsewhere than where it was would never be read again."""

  def places(states):
    leaves = jax.tree_util.tree_leaves_with_path(states)
    return {jax.tree_util.keystr(path) for path, _ in leaves}

  if wrong := places(before) ^ places(after):
    raise ValueError(
      f'{type(task).__module__}.Task.loss gives other states than it took: '
      f'{sorted(wrong)[:3]} differ. Return that of every network, by its name.'
    )


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
    name: jax.device_put(jnp.float32(new[name]), value.sharding)
    for name, value in old.items()
  }
