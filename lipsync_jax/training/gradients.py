"""Gradients of a step: at once, or in micro-batches; kept or recomputed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from lipsync_jax import sharding as sharding_lib
from lipsync_jax import train_state
from lipsync_jax.tasks import base
from lipsync_jax.training import accumulation


class Gradients(NamedTuple):
  """What one batch says.

  Attributes:
    grads: of each trained network by its own loss, in its parameters' dtype.
    losses: by trained network, scalars.
    model_state: of all networks, after the batch.
    metrics: scalars of the task.
  """

  grads: dict[str, Any]
  losses: dict[str, jax.Array]
  model_state: base.ModelState
  metrics: base.Metrics


def make_gradients(
  task: base.Task,
  sharding: sharding_lib.Sharding,
  *,
  remat: bool = False,
  accumulate: int = 1,
) -> Callable[[train_state.TrainState, base.Batch, jax.Array], Gradients]:
  """Returns `gradients(state, batch, rng)`, to be called under `jax.jit`.

  Each network's loss reaches only its own parameters (stop_gradient in the
  task), so the gradient of the sum is the gradient of each loss for its
  network, and one backward pass serves all of them. Of frozen networks none is
  computed.

  Args:
    task: the losses.
    sharding: of batches over devices.
    remat: keep of the forward pass only what convolutions and matrix products
      gave, and compute the rest (BatchNorm, activations, losses) again when the
      backward pass comes to it. The same numbers for less memory.
    accumulate: micro-batches a batch is taken in, see `accumulation`; 1: all
      at once, each loss and BatchNorm over the whole batch of all devices.
  """

  loss = total_loss(task, remat=remat)
  gradient = jax.grad(loss, has_aux=True)
  if accumulate > 1:
    gradient = accumulation.accumulated(gradient, sharding, accumulate)

  def gradients(state, batch, rng):
    trained = {k: v for k, v in state.params.items() if k not in task.frozen}
    frozen = {k: v for k, v in state.params.items() if k in task.frozen}
    grads, (losses, model_state, metrics) = gradient(
      trained, frozen, state.model_state, state.loss_weights, batch, rng
    )
    return Gradients(grads, losses, model_state, metrics)

  return gradients


def total_loss(
  task: base.Task, *, remat: bool = False
) -> Callable[..., tuple[jax.Array, tuple[Any, Any, Any]]]:
  """The sum of a task's losses in training, as a function of its parameters.

  Returns:
    (trained, frozen, model_state, weights, batch, rng) -> (sum, (losses by
    network, new model_state, metrics)).
  """

  def loss(trained, frozen, model_state, weights, batch, rng):
    losses, (after, metrics) = task.loss(
      trained | frozen,
      model_state,
      batch,
      weights=weights,
      rng=rng,
      train=True,
    )
    _check_state(task, model_state, after)
    return sum(losses.values()), (losses, after, metrics)

  if remat:
    # Despite the name it saves what convolutions give as well.
    policy = jax.checkpoint_policies.dots_saveable
    loss = jax.checkpoint(loss, policy=policy)
  return loss


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
