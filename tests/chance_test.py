"""What wrong sounds reach, told from a clip's own pairs."""

import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.metrics import chance, sync, timeline


def pairs(rng, n=71, lead=0, strength=1.0):
  """Similarities of windows that share what is said with their neighbours."""
  said = rng.normal(size=(n + 60, 32))
  said = np.stack([np.convolve(x, np.ones(5) / 5, 'same') for x in said.T], 1)
  noise = rng.normal(size=(2, n, 32))
  face = strength * said[30 : 30 + n] + noise[0]
  audio = strength * said[30 + lead : 30 + lead + n] + noise[1]
  face, audio = (
    x / np.linalg.norm(x, axis=1, keepdims=True) for x in (face, audio)
  )
  return face, audio


def test_the_band_is_that_of_sync(rng):
  face, audio = pairs(rng, n=20)
  band = chance.band(face @ audio.T)
  np.testing.assert_allclose(
    band,
    sync.similarity_band(jnp.float32(face), jnp.float32(audio)),
    atol=1e-5,
  )
  curve = chance.totals(band).curve
  assert chance.confidence(curve) == pytest.approx(
    float(sync.confidences(sync.offset_curve(jnp.float32(band)))[0]), abs=1e-6
  )


@pytest.mark.parametrize('lead', [0, -7])
def test_own_sounds_are_above_the_level_and_others_below(rng, lead):
  own, wrong = [], []
  for seed in range(20):
    face, audio = pairs(rng, lead=lead, strength=3)
    other = pairs(rng, strength=3)[1]
    for sound, ratios in ((audio, own), (other, wrong)):
      similar = face @ sound.T
      level = chance.level(chance.shuffled(similar, seed=seed))
      curve = chance.totals(chance.band(similar)).curve
      ratios.append(chance.confidence(curve) / level)
  assert min(own) > 1.1
  assert np.mean(np.array(wrong) < 1) > 0.9


def test_chance_falls_with_the_length(rng):
  levels = {}
  for chunks in (1, 9):
    parts = [
      chance.shuffled(np.matmul(*_transposed(pairs(rng))), seed=k)
      for k in range(chunks)
    ]
    assert parts[0].sums.shape == (chance.DRAWS, 31)
    levels[chunks] = chance.level(chance.total(parts))
  assert levels[9] == pytest.approx(levels[1] / 3, rel=0.35)


def _transposed(both):
  return both[0], both[1].T


def test_the_same_seed_gives_the_same_and_another_another(rng):
  similar = np.matmul(*_transposed(pairs(rng)))
  first, same, other = (chance.shuffled(similar, seed=s) for s in (3, 3, 4))
  np.testing.assert_array_equal(first.sums, same.sums)
  assert not np.allclose(first.sums, other.sums)


def test_clips_of_one_window_and_of_few(rng):
  for n in (1, 3, 11):
    similar = np.matmul(*_transposed(pairs(rng, n=n)))
    level = chance.level(chance.shuffled(similar, seed=0))
    assert np.isfinite(level) and level >= 0


def test_frames_tell_where_the_sound_fits(rng):
  face, audio = pairs(rng, lead=3, strength=5)
  audio[40:] = pairs(rng, strength=5)[1][40:]  # somebody else's
  excess = timeline.frame_excess(chance.band(face @ audio.T))
  assert excess.shape == (75, 31)
  values = timeline.at(excess, 3)
  assert values[:28].min() > 0.2
  assert abs(values[55:]).max() < 0.15
  # The first frames have the first windows'.
  assert values[0] == values[2]


def test_local_means_are_over_what_there_is():
  band = np.full((6, 31), np.nan)
  band[:, 15] = range(6)
  curves = timeline.local_curves(band, span=3)
  np.testing.assert_allclose(curves[:, 15], [0.5, 1, 2, 3, 4, 4.5])
  assert np.isnan(np.delete(curves, 15, axis=1)).all()
