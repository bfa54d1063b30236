"""A face goes back into its picture without a seam."""

import cv2
import numpy as np
import pytest

from input_pipeline import tracks
from lipsync_jax.inference import paste

BOX = tracks.CropBox(cx=101.3, cy=88.7, side=120.0)


def psnr(a, b):
  error = np.mean((a.astype(float) - b) ** 2)
  return 10 * np.log10(255**2 / error) if error else np.inf


@pytest.fixture
def picture():
  noise = np.random.default_rng(0).normal(128, 400, (180, 200, 3))
  smooth = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 6)
  return smooth.clip(0, 255).astype(np.uint8)


def test_its_own_crop_changes_nothing_to_speak_of(picture):
  face = tracks.crop(picture, BOX, 96)
  result = paste.paste(picture, face, BOX, original=face)
  assert result is not picture
  assert psnr(result, picture) > 50
  assert np.abs(result.astype(int) - picture).max() <= 4


@pytest.mark.parametrize('side', [40.0, 96.0, 150.0])
def test_what_is_drawn_in_the_crop_appears_at_its_place(side):
  picture = np.full((180, 200, 3), 100, np.uint8)
  box = tracks.CropBox(100.0, 80.0, side)
  face = tracks.crop(picture, box, 96)
  face[66:72, 45:51] = 250  # centre 48, 69 of 96
  result = paste.paste(picture, face, box)
  weights = result[..., 0].astype(float) - 100
  y, x = np.mgrid[:180, :200] + 0.5
  found = [(w * weights).sum() / weights.sum() for w in (x, y)]
  left, top = 100 - side / 2, 80 - side / 2
  expected = [left + 48 / 96 * side, top + 69 / 96 * side]
  np.testing.assert_allclose(found, expected, atol=0.1)


def test_the_upper_half_and_the_surroundings_are_untouched(picture):
  white = np.full((96, 96, 3), 255, np.uint8)
  result = paste.paste(picture, white, BOX)
  changed = np.argwhere((result != picture).any(-1))
  assert changed[:, 0].min() >= BOX.cy - 1
  assert changed[:, 0].max() <= BOX.cy + BOX.side / 2
  assert np.abs(changed[:, 1] - BOX.cx).max() <= BOX.side / 2
  mouth = result[round(BOX.cy + 0.22 * BOX.side), round(BOX.cx)]
  assert (mouth == 255).all()


def test_no_box_is_to_be_seen():
  """A crop 30 levels too bright must not show as a rectangle."""
  picture = np.full((180, 200, 3), 100, np.uint8)
  bright = np.full((96, 96, 3), 130, np.uint8)
  soft = paste.paste(picture, bright, BOX)[..., 0].astype(int)
  assert soft.max() == 130
  steepest = max(np.abs(np.diff(soft, axis=axis)).max() for axis in (0, 1))
  assert steepest <= 8  # a hard rectangle: 30


def test_the_border_has_no_more_gradient_than_before(picture):
  face = tracks.crop(picture, BOX, 96)
  result = paste.paste(picture, face, BOX, original=face)
  rows = slice(90, 148)
  for edge in (41, 161):  # columns of the box's sides
    near = slice(edge - 3, edge + 3)
    before, after = (
      np.abs(np.diff(image[rows, near].astype(float), axis=1)).mean()
      for image in (picture, result)
    )
    assert after <= before * 1.02


def test_colour_is_matched_at_the_seam(picture):
  face = tracks.crop(picture, BOX, 96)
  tinted = (face.astype(int) + (8, -6, 4)).clip(0, 255).astype(np.uint8)
  np.testing.assert_allclose(
    paste.colour_shift(tinted, face), (-8, 6, -4), atol=0.1
  )
  plain = paste.paste(picture, tinted, BOX)
  matched = paste.paste(picture, tinted, BOX, original=face)
  assert psnr(matched, picture) > psnr(plain, picture) + 6


def test_strength_fades_the_edit(picture):
  white = np.full((96, 96, 3), 255, np.uint8)
  changes = [
    np.abs(
      paste.paste(picture, white, BOX, strength=s).astype(int) - picture
    ).mean()
    for s in (0.0, 0.5, 1.0)
  ]
  assert changes[0] == 0
  assert changes[1] == pytest.approx(changes[2] / 2, rel=0.02)


@pytest.mark.parametrize('cx, cy', [(5.0, 5.0), (195.0, 175.0), (-300.0, 90.0)])
def test_a_face_half_outside_is_cut_off(picture, cx, cy):
  box = tracks.CropBox(cx, cy, 80.0)
  face = tracks.crop(picture, box, 96)
  result = paste.paste(picture, face, box, original=face)
  assert result.shape == picture.shape
  assert psnr(result, picture) > 40
