"""Two ways to count offsets, against loops that count one position a time."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.metrics import offset_accuracy, sync

pytestmark = pytest.mark.usefixtures('quick_compilation')


band_of = jax.jit(sync.similarity_band)
in_place = jax.jit(offset_accuracy.in_place)
moved = jax.jit(functools.partial(offset_accuracy.moved, similarity='cosine'))


def embeddings(rng, count, noise=5.0):
  """Of pictures and sounds that go together, not always the nearest."""
  face = rng.normal(size=(count, 16))
  audio = face + noise * rng.normal(size=(count, 16))
  return jnp.float32(face), jnp.float32(audio)


def counted_in_place(band, frames):
  """VocaLiST's way, with -1000 for what is outside the clip."""
  scores = np.where(np.isnan(band), -1000.0, band)
  side, right = (frames - 5) // 2, 0
  for p in range(len(scores)):
    near = scores[max(0, p - side) : p + side + 1]
    right += abs(15 - int(np.argmax(near.mean(axis=0)))) <= 1
  return right / len(scores)


def test_in_place_counts_as_vocalist_does(rng):
  band = band_of(*embeddings(rng, 40))
  found = in_place(band, 40)
  expected = [
    counted_in_place(np.asarray(band), k) for k in offset_accuracy.SPANS
  ]
  assert 0.1 < expected[0] < expected[-1] < 1
  np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_offset_that_one_window_lacks_is_left_out():
  band = band_of(*jnp.ones((2, 20, 4)))
  curve = np.asarray(offset_accuracy.centred_curve(band, 20, frames=9))
  # Window 3 has sounds from 3 before it on; windows 1..5 around it share those
  # from 1 before on, and up to 14 after.
  there = np.flatnonzero(~np.isnan(curve[3])) - 15
  assert (there.min(), there.max()) == (-1, 14)
  # At the beginning windows 0..2 share those from 0 to 17 after: up to 15.
  there = np.flatnonzero(~np.isnan(curve[0])) - 15
  assert (there.min(), there.max()) == (0, 15)


def counted_moved(face, audio, span):
  """As it is and with the sound 6 frames either way."""
  shares = []
  for shift in (-6, 0, 6):
    late, early, n = max(-shift, 0), max(shift, 0), len(face) - abs(shift)
    band = np.asarray(band_of(face[late:][:n], audio[early:][:n]))
    right = []
    for p in range(early, n - late - (span - 4) + 1):
      here = band[p : p + span - 4]
      there = (~np.isnan(here)).sum(axis=0)
      means = np.nansum(here, axis=0) / np.maximum(there, 1)
      best = np.argmax(np.where(there > 0, means, -np.inf))
      right.append(abs(15 - int(best) - shift) <= 1)
    shares.append(np.mean(right))
  return np.mean(shares)


def test_moved_counts_the_positions_that_have_their_sound(rng):
  face, audio = embeddings(rng, 40)
  found = moved(face, audio, 40)
  assert 0.1 < found[0] < 1
  for k in (0, 2):
    expected = counted_moved(face, audio, offset_accuracy.SPANS[k])
    assert float(found[k]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('count', [14, 20, 40])
def test_what_fills_up_a_clip_changes_nothing(rng, count):
  face, audio = embeddings(rng, 48)

  def judge(face, audio):
    band = band_of(face, audio, count=count)
    return in_place(band, count), moved(face, audio, count)

  other = [x.at[count:].set(3) for x in (face, audio)]
  jax.tree.map(np.testing.assert_array_equal, judge(face, audio), judge(*other))


def test_a_clip_without_filling_gives_the_same(rng):
  face, audio = embeddings(rng, 20)
  room = [(0, 10), (0, 0)]
  filled = jnp.pad(face, room), jnp.pad(audio, room)
  np.testing.assert_allclose(
    moved(*filled, 20), moved(face, audio, 20), atol=1e-6
  )
  np.testing.assert_allclose(
    in_place(band_of(*filled, count=20), 20),
    in_place(band_of(face, audio), 20),
    atol=1e-6,
  )


def test_who_always_answers_0_is_right_in_place_and_a_third_moved():
  """What an untrained network can show on clips in sync, knowing nothing."""
  curve = jnp.where(jnp.arange(31) == 15, 1.0, 0.9)

  def band(face, audio, similarity='cosine', count=None):
    return jnp.broadcast_to(curve, (len(face), 31))

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(sync, 'similarity_band', band)
    ones = jnp.ones((71, 1))
    found = jax.jit(
      lambda x: offset_accuracy.moved(x, x, 71, similarity='cosine')
    )(ones)
  np.testing.assert_allclose(found, 1 / 3, rtol=1e-6)
  assert in_place(band(ones, ones), 71).tolist() == [1] * 6
