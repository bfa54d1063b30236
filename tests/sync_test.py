import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.metrics import sync


def _clip(rng, n=60, lead=0):
  """Embeddings of a clip whose sound is `lead` frames early."""
  both = rng.normal(size=(n + 40, 16))
  both /= np.linalg.norm(both, axis=1, keepdims=True)
  return (
    jnp.asarray(both[20 : 20 + n], jnp.float32),
    jnp.asarray(both[20 + lead : 20 + lead + n], jnp.float32),
  )


@pytest.mark.parametrize('lead', [-15, -4, 0, 3, 15])
def test_offset_is_how_early_the_sound_is(rng, lead):
  band = sync.similarity_band(*_clip(rng, lead=lead))
  assert sync.offsets(sync.offset_curve(band)).tolist() == [lead]


def test_unrelated_sound_has_low_confidence(rng):
  face, audio = _clip(rng)
  related = sync.offset_curve(sync.similarity_band(face, audio))
  unrelated = sync.offset_curve(sync.similarity_band(face, _clip(rng)[1]))
  assert sync.confidences(related)[0] > 0.9
  assert sync.confidences(unrelated)[0] < 0.2


def test_positions_outside_the_clip_do_not_count():
  face = audio = jnp.ones((20, 4)) / 2
  band = sync.similarity_band(face, audio)
  # Offset s of a window i is inside for 0 <= i + s < 20.
  assert int(jnp.isnan(band).sum()) == 2 * sum(range(1, 16))
  np.testing.assert_allclose(sync.offset_curve(band), 1.0, rtol=1e-6)


def test_a_span_of_seven_frames_averages_three_windows(rng):
  band = jnp.asarray(rng.normal(size=(10, 31)), jnp.float32)
  curve = sync.offset_curve(band, frames=7)
  assert curve.shape == (8, 31)
  np.testing.assert_allclose(curve[2], band[2:5].mean(axis=0), atol=1e-5)
