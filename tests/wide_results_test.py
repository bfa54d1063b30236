"""Convolutions of bfloat16 that give float32."""

import jax
import jax.numpy as jnp

from lipsync_jax.models import conv_grads


def test_wide_results_round_only_the_operands():
  rng = jax.random.key(0)
  x = jax.random.normal(rng, (2, 5, 6, 3), jnp.bfloat16)
  kernel = jax.random.normal(rng, (3, 3, 3, 4), jnp.bfloat16)

  def loss(x, kernel, **options):
    y = conv_grads.conv(x, kernel, padding=(1, 1), **options)
    assert y.dtype == jnp.float32
    return (y**2).sum(), y

  both = jax.value_and_grad(loss, (0, 1), has_aux=True)
  (_, made), grads = both(x, kernel, result_dtype=jnp.float32)
  (_, exact), expected = both(*map(jnp.float32, (x, kernel)))
  assert jnp.abs(made - exact).max() < 1e-5
  for a, b in zip(grads, expected, strict=True):
    assert a.dtype == jnp.bfloat16
    assert jnp.abs(a.astype(jnp.float32) - b).max() < 0.02 * jnp.abs(b).max()
