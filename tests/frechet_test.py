"""The Frechet distance against closed forms, scipy's root and itself."""

import numpy as np
import pytest
import scipy.linalg

from lipsync_jax.metrics import frechet


def features_of(mean, covariance, count, rng):
  """Random features whose mean and covariance are exactly these."""
  x = rng.standard_normal((count, len(mean)))
  x -= x.mean(0)
  own = np.linalg.cholesky(np.cov(x, rowvar=False))
  x = x @ np.linalg.inv(own).T @ np.linalg.cholesky(covariance).T
  return x + mean


def by_sqrtm(a, b):
  """pytorch-fid's: scipy's root of the product, its imaginary part dropped."""
  root = scipy.linalg.sqrtm(a.covariance @ b.covariance)
  traces = np.trace(a.covariance) + np.trace(b.covariance)
  return np.sum((a.mean - b.mean) ** 2) + traces - 2 * np.trace(root).real


def random_features(count, size, rng):
  mixed = rng.standard_normal((size, size)) / np.sqrt(size)
  return rng.standard_normal((count, size)) @ mixed


def test_statistics_are_numpys(rng):
  x = 1000 + random_features(1300, 20, rng)
  found = frechet.statistics(x)
  np.testing.assert_allclose(found.mean, x.mean(0), rtol=1e-14)
  np.testing.assert_allclose(
    found.covariance, np.cov(x, rowvar=False), rtol=1e-9, atol=1e-11
  )


def test_clips_one_by_one_give_the_same_bits(rng):
  x = random_features(1300, 8, rng).astype(np.float32)
  whole = frechet.statistics(x)
  for cuts in ([1, 2, 75, 700], [512], [513, 1299], [0, 0]):
    parts = frechet.Accumulator()
    for clip in np.split(x, cuts):
      parts.add(clip)
    assert parts.count == 1300
    for ours, theirs in zip(parts.gaussian(), whole, strict=True):
      np.testing.assert_array_equal(ours, theirs, strict=True)


def test_two_dimensions_in_closed_form(rng):
  """Of 2 x 2, tr (A B)^(1/2) is (tr A B + 2 (det A B)^(1/2))^(1/2)."""
  first, second = np.array([[2.0, 0.6], [0.6, 1.0]]), np.diag([0.5, 3.0])
  means = np.array([[1.0, -2.0], [0.5, 4.0]])
  a, b = (
    frechet.statistics(features_of(m, c, 900, rng))
    for m, c in zip(means, (first, second), strict=True)
  )
  product = first @ second
  root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
  expected = 36.25 + np.trace(first + second) - 2 * root
  assert frechet.distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_covariances_of_the_same_axes_in_closed_form(rng):
  """|m1 - m2|^2 + sum of (s1 - s2)^2, deviations along the axes."""
  axes, _ = np.linalg.qr(rng.standard_normal((48, 48)))
  deviations = rng.uniform(0.01, 3, (2, 48))
  means = rng.standard_normal((2, 48))
  a, b = (
    frechet.statistics(features_of(m, (axes * s**2) @ axes.T, 200, rng))
    for m, s in zip(means, deviations, strict=True)
  )
  expected = np.sum((means[0] - means[1]) ** 2)
  expected += np.sum((deviations[0] - deviations[1]) ** 2)
  assert frechet.distance(a, b) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
  'count, size, agreement',
  # Of fewer features than dimensions scipy's root is rounding in part.
  [(500, 64, 1e-10), (40, 64, 1e-6)],
)
def test_it_is_pytorch_fids(count, size, agreement, rng):
  x = random_features(count, size, rng)
  y = 1.1 * x[::-1] + rng.standard_normal(x.shape)
  a, b = frechet.statistics(x), frechet.statistics(y)
  found = frechet.distance(a, b)
  assert found == pytest.approx(by_sqrtm(a, b), rel=agreement)
  assert found == pytest.approx(frechet.distance(b, a), rel=1e-12)


@pytest.mark.parametrize('count', [30, 300])
def test_a_set_and_itself_are_nothing_apart(count, rng):
  a = frechet.statistics(random_features(count, 64, rng))
  assert 0 <= frechet.distance(a, a) < 1e-9 * np.trace(a.covariance)
  still = frechet.statistics(np.ones((5, 3)))
  assert frechet.distance(still, still) == 0


def test_what_cannot_be_compared_is_refused(rng):
  accumulator = frechet.Accumulator()
  for count in (0, 1):
    accumulator.add(np.zeros((count, 3)))
    with pytest.raises(ValueError, match=f'{count} features have no cov'):
      accumulator.gaussian()
  with pytest.raises(ValueError, match='of 4 numbers after such of 3'):
    accumulator.add(np.zeros((1, 4)))
  with pytest.raises(ValueError, match='NaN'):
    accumulator.add(np.full((1, 3), np.nan))
  a, b = (frechet.statistics(rng.standard_normal((9, d))) for d in (3, 4))
  with pytest.raises(ValueError, match='of 3 and of 4'):
    frechet.distance(a, b)
