"""SSIM and PSNR are scikit-image's; sharpness and flicker by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage import metrics

from lipsync_jax.metrics import pictures


def pairs():
  """Every kind of pair that has a floating-point trap, uint8."""
  rng = np.random.default_rng(0)
  noise = rng.integers(0, 256, (2, 2, 24, 37, 3), np.uint8)
  slope = np.add.outer(np.arange(24), 3 * np.arange(37))[..., None]
  slope = np.broadcast_to(slope, (2, 24, 37, 3)).astype(np.uint8)
  near = slope + rng.integers(0, 4, slope.shape, np.uint8)
  bright = np.full((2, 24, 37, 3), 255, np.uint8)
  grainy = bright - rng.integers(0, 2, bright.shape, np.uint8)
  halves = np.where(np.arange(37)[:, None] < 18, bright, 0).astype(np.uint8)
  return {
    'noise': noise,
    'slope': (slope, near),
    'bright': (bright, grainy),
    'a level darker': (bright, bright - np.uint8(1)),
    'halves': (halves, halves - (halves > 0) * (grainy < 255)),
  }


@pytest.mark.parametrize('kind', pairs())
@pytest.mark.parametrize('span', [255, 1])
def test_ssim_and_psnr_are_those_of_scikit_image(kind, span):
  made, truth = pairs()[kind]
  if span == 1:
    made, truth = (
      x.astype(np.float32) / np.float32(255) for x in (made, truth)
    )
  expected = [
    metrics.structural_similarity(
      *(x.astype(np.float64) for x in frames),
      gaussian_weights=True,
      sigma=1.5,
      use_sample_covariance=False,
      data_range=span,
      channel_axis=-1,
    )
    for frames in zip(made, truth, strict=True)
  ]
  np.testing.assert_allclose(pictures.ssim(made, truth), expected, atol=1e-6)
  expected = [
    metrics.peak_signal_noise_ratio(
      b.astype(np.float64), a.astype(np.float64), data_range=span
    )
    for a, b in zip(made, truth, strict=True)
  ]
  np.testing.assert_allclose(pictures.psnr(made, truth), expected, atol=1e-5)


def test_large_frames_are_summed_as_well():
  rng = np.random.default_rng(1)
  truth = rng.integers(0, 256, (1, 360, 640, 3), np.uint8)
  made = truth // 2
  expected = metrics.peak_signal_noise_ratio(truth[0], made[0])
  np.testing.assert_allclose(pictures.psnr(made, truth), expected, atol=1e-5)
  expected = np.abs(made / 255 - truth / 255).mean()
  np.testing.assert_allclose(pictures.l1(made, truth), expected, rtol=1e-6)


def test_an_endless_psnr_is_capped_only_when_asked():
  truth = np.zeros((2, 12, 16, 3), np.uint8)
  made = truth.copy()
  made[1, 0, 0, 0] = 1
  error = 10 * np.log10(255**2 * truth[0].size)
  np.testing.assert_allclose(
    pictures.psnr(made, truth), [np.inf, error], rtol=1e-6
  )
  capped = pictures.psnr(made, truth, cap=pictures.PSNR_CAP)
  np.testing.assert_array_equal(capped, [60, 60])
  np.testing.assert_array_equal(pictures.ssim(made[:1], truth[:1]), 1)


def test_nothing_wraps():
  dark, light = (np.full((1, 12, 12, 3), v, np.uint8) for v in (10, 250))
  for made, truth in ((dark, light), (light, dark)):
    found = pictures.l1(made, truth)
    np.testing.assert_allclose(found, 240 / 255, rtol=1e-6)
    expected = 20 * np.log10(255 / 240)
    np.testing.assert_allclose(pictures.psnr(made, truth), expected, rtol=1e-5)


def test_pictures_of_two_kinds_and_of_no_kind_are_refused():
  small = np.zeros((1, 12, 12, 3), np.uint8)
  with pytest.raises(ValueError, match='the other of floats'):
    pictures.psnr(small, small.astype(np.float32))
  with pytest.raises(ValueError, match='not int32'):
    pictures.l1(small.astype(np.int32), small)


def test_ssim_is_no_number_where_no_window_fits():
  small = np.zeros((2, 11, 12, 3), np.uint8)
  np.testing.assert_array_equal(pictures.ssim(small, small), [1, 1])
  found = pictures.ssim(small[:, :10], small[:, :10])
  np.testing.assert_array_equal(found, [np.nan, np.nan])


def test_sharpness_by_hand():
  point = np.zeros((1, 5, 5, 3), np.uint8)
  point[0, 2, 2] = 100
  # Of the nine places where the kernel fits, -400 once and 100 four times.
  values = np.array([-400] + 4 * [100] + 4 * [0])
  found = pictures.sharpness(point)
  np.testing.assert_allclose(found, values.var(), rtol=1e-5)
  as_floats = pictures.sharpness(point.astype(np.float32) / 255)
  np.testing.assert_allclose(as_floats, found, rtol=1e-5)
  slope = np.add.outer(7 * np.arange(9), 3 * np.arange(8))[..., None]
  slope = np.broadcast_to(slope, (2, 9, 8, 3)).astype(np.uint8)
  np.testing.assert_allclose(pictures.sharpness(slope), 0, atol=1e-6)


def test_a_blurred_picture_is_less_sharp(rng):
  truth = rng.integers(0, 256, (3, 20, 20, 3)).astype(np.float32) / 255
  blurred = (truth[:, :, :-1] + truth[:, :, 1:]) / 2
  share = pictures.share(
    pictures.sharpness(blurred), pictures.sharpness(truth[:, :, 1:])
  )
  assert 0.1 < share < 0.8
  assert pictures.share(np.ones(3), np.full(3, 2.0)) == 0.5
  assert np.isnan(pictures.share(np.ones(3), np.zeros(3)))


def test_flicker_by_hand():
  def video(levels):
    levels = np.array(levels, np.uint8)[:, None, None, None]
    return np.broadcast_to(levels, (len(levels), 4, 6, 3))

  np.testing.assert_allclose(pictures.flicker(video([9, 9, 9])), [0])
  brighter = pictures.flicker(video([1, 4, 7, 10]))
  np.testing.assert_allclose(brighter, [0, 0], atol=1e-5)
  jumping = pictures.flicker(video([5, 6, 5, 6]))
  np.testing.assert_allclose(jumping, [2, 2], rtol=1e-4)
  # One frame that stands out is seen by three.
  lone = pictures.flicker(video([5, 5, 5, 15, 5, 5, 5]))
  np.testing.assert_allclose(lone, [0, 10, 20, 10, 0], atol=1e-4)


def test_they_run_within_a_program(rng):
  made, truth = rng.integers(0, 256, (2, 4, 16, 16, 3), np.uint8)

  @jax.jit
  def step(made, truth):
    low = [pictures.mouth(x) for x in (made, truth)]
    return pictures.psnr(*low).mean() - pictures.flicker(low[0]).mean()

  expected = np.mean(pictures.psnr(made[:, 8:], truth[:, 8:]))
  expected -= np.mean(pictures.flicker(made[:, 8:]))
  found = step(jnp.asarray(made), jnp.asarray(truth))
  np.testing.assert_allclose(found, expected, rtol=1e-5)
