"""What towers make of the face pictures they are given."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def lower_half(frames: Float[Array, '*n h w c']) -> Float[Array, '*n k w c']:
  """Rows h // 2 and below, where the mouth is."""
  return frames[..., frames.shape[-3] // 2 :, :, :]


def hide_lower_half(
  frames: Float[Array, '*n h w c'],
) -> Float[Array, '*n h w c']:
  """The pictures with rows h // 2 and below zero."""
  rows = jnp.arange(frames.shape[-3])[:, None, None]
  return jnp.where(rows < frames.shape[-3] // 2, frames, 0)


def fold_time(frames: Float[Array, 'n t h w c']) -> Float[Array, 'n h w tc']:
  """t pictures as one, frame-major: channels R0 G0 B0 R1 G1 B1 ..."""
  # Not by moving the axis: a TPU would copy all of it for that alone.
  pictures = jnp.split(frames, frames.shape[1], axis=1)
  return jnp.concatenate([p.squeeze(1) for p in pictures], -1)


def check_size(frames: Float[Array, 'n t h w c'], image_size: int) -> None:
  """Raises ValueError unless the pictures are squares of `image_size`."""
  if frames.shape[2:4] != (image_size, image_size):
    raise ValueError(
      f'Expected pictures of {image_size} pixels, got {frames.shape[2]} x '
      f'{frames.shape[3]}.'
    )
