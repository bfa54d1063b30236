"""What a generator does with pictures as they come."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def drawing(network: Any) -> Callable[..., jax.Array]:
  """A generator from pictures to pictures: a pure function.

  Returns:
    A function of the network's variables, sound [n, bands, rows, 1] float32,
    faces and reference [n, s, s, 3] uint8 RGB, to [n, s, s, 3] uint8 RGB.
  """

  def draw(variables, sound, faces, reference):
    # A generator of several stills is shown one several times.
    stills = jnp.repeat(reference[:, None], network.stills, axis=1)
    made = network.apply(
      variables,
      sound,
      faces.astype(jnp.float32) / 255,
      stills.astype(jnp.float32) / 255,
      train=False,
      method='draw',
    )
    # Rounded: truncation, as in inference.py, darkens by half a level.
    return jnp.rint(jnp.clip(made, 0, 1) * 255).astype(jnp.uint8)

  return draw
