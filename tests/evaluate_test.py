"""Offsets must be found where they are, not where they usually are."""

import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.judging import evaluate


def unit_vectors(rng, count):
  x = rng.normal(size=(count, 16))
  return jnp.float32(x / np.linalg.norm(x, axis=-1, keepdims=True))


def test_embeddings_that_agree_are_found_at_every_shift(rng):
  face = unit_vectors(rng, 71)
  clip = evaluate.clip_sync(face, face)
  assert clip.offset == 0 and clip.confidence > 0.5
  assert clip.found == {None: 1.0, **dict.fromkeys(evaluate.SPANS, 1.0)}


def test_sound_that_starts_late_is_found_late_and_counted_wrong(rng):
  face = unit_vectors(rng, 71)
  clip = evaluate.clip_sync(face, jnp.roll(face, 3, axis=0))
  assert clip.offset == -3
  assert clip.found[None] == 0


def test_a_middle_that_is_always_highest_earns_a_third():
  """What an untrained network can show on clips in sync, knowing nothing."""
  curve = jnp.where(jnp.arange(31) == 15, 1.0, 0.9)

  def band(face, audio, similarity):
    return jnp.broadcast_to(curve, (len(face), 31))

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(evaluate, '_band', band)
    clip = evaluate.clip_sync(jnp.ones((71, 1)), jnp.ones((71, 1)))
  assert clip.offset == 0
  assert clip.found[None] == pytest.approx(1 / 3)


def test_short_clips_are_judged_by_what_fits(rng):
  face = unit_vectors(rng, 10)
  found = evaluate.clip_sync(face, face).found
  assert found == {None: 1.0, **dict.fromkeys((5, 7, 9, 11, 13), 1.0)}
