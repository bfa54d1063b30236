"""What a model family is to the training step.

A task owns networks, losses and the names of its metrics; it owns no loop, no
optimizer and no files. Parameters and states are dicts by network name.

A task returns one loss per trained network and the step differentiates their
sum. That is each network's own gradient because `stop_gradient` draws the
walls inside `loss`: every loss reaches the parameters it is named for only.
"""

import abc
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

Params = dict[str, Any]
ModelState = dict[str, Any]
Batch = Mapping[str, Array]
Metrics = dict[str, Array]


class Task(abc.ABC):
  """One model family. Concrete tasks are frozen dataclasses.

  Attributes:
    trained: names in `params` that get an optimizer.
    frozen: names in `params` that are never trained and come from elsewhere.
  """

  trained: tuple[str, ...]
  frozen: tuple[str, ...] = ()

  @abc.abstractmethod
  def init(self, rng: Array, batch: Batch) -> tuple[Params, ModelState]:
    """Fresh parameters and states; of `batch` only the shapes matter.

    A state is {'batch_stats': ...}; networks without one are absent.
    """

  @abc.abstractmethod
  def loss(
    self,
    params: Params,
    model_state: ModelState,
    batch: Batch,
    *,
    weights: Mapping[str, Any],
    rng: Array,
    train: bool,
  ) -> tuple[dict[str, Array], tuple[ModelState, Metrics]]:
    """Losses by trained network, then the new state and scalar metrics."""

  def predict(
    self, params: Params, model_state: ModelState, batch: Batch
  ) -> dict[str, Array]:
    """Pictures to look at: [b, t, h, w, 3] float32, 0..1, by name."""
    del params, model_state, batch
    return {}

  def initial_weights(self) -> dict[str, float]:
    """Weights of the loss terms at step 0."""
    return {}

  def next_weights(
    self, weights: Mapping[str, float], metrics: Mapping[str, float]
  ) -> dict[str, float]:
    """Weights after an evaluation that gave `metrics`; runs on the host."""
    del metrics
    return dict(weights)


def apply(
  network: nn.Module, params: Any, state: Any, *args: Any, **kwargs: Any
) -> tuple[Any, Any]:
  """Output and new state of a network; the state moves only if train=True."""
  variables = {'params': params, **state}
  if not kwargs.get('train', False):
    return network.apply(variables, *args, **kwargs), state
  return network.apply(variables, *args, mutable=list(state), **kwargs)


def split(variables: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
  """A network's variables as parameters and state."""
  state = dict(variables)
  return state.pop('params'), state


def to_unit(
  frames: UInt8[Array, '*shape'] | Float[Array, '*shape'],
) -> Float[Array, '*shape']:
  """Pixels 0..255 as float32 0..1; floats are taken to be that already."""
  if jnp.issubdtype(frames.dtype, jnp.floating):
    return frames
  return frames.astype(jnp.float32) / 255


def resize(
  frames: Float[Array, 'b t h h 3'], size: int
) -> Float[Array, 'b t s s 3']:
  """Pictures for a network of another image size."""
  if frames.shape[2] == size:
    return frames
  shape = (*frames.shape[:2], size, size, 3)
  return jax.image.resize(frames, shape, 'linear')


def probability(
  expert: nn.Module, cosine: Float[Array, '*n']
) -> Float[Array, '*n']:
  """Cosines of an expert's embeddings as 0..1, the least it can have as 0."""
  least = expert.least_cosine
  return (cosine - least) / (1 - least)


def freeze(tree: Any) -> Any:
  """The same parameters, through which no gradient flows."""
  return jax.lax.stop_gradient(tree)
