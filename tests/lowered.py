"""Small functions of a state and a batch, lowered for a TPU and read."""

import jax
import jax.numpy as jnp

from lipsync_jax.models import conv_grads
from lipsync_jax.tpu import operations, programs


def array(*shape, dtype=jnp.bfloat16):
  return jax.ShapeDtypeStruct(shape, dtype)


def read(function, state, batch):
  """A program of a function of state and batch, each a dict of shapes."""

  def named(state, batch):
    return function(state, batch)

  lowered = programs.lower(jax.jit(named), state, batch)
  return operations.read(lowered, batch='batch')


def convolve(state, batch):
  return conv_grads.conv(batch['x'], state['k'], padding=(1, 1))


def gradient(function):
  def loss(state, batch):
    return function(state, batch).astype(jnp.float32).sum()

  return jax.grad(loss)


SMALL = {'k': array(3, 3, 6, 32)}, {'x': array(4, 10, 10, 6)}
