"""What augmentation may change, and what it must leave alone."""

import dataclasses

import cv2
import numpy as np
import pytest

from input_pipeline import augment

STILL = augment.draw(augment.NONE, np.random.default_rng(0))


def test_one_change_covers_all_frames():
  still = np.random.default_rng(0).integers(0, 255, (1, 32, 32, 3), np.uint8)
  change = augment.draw(augment.Augmentation(), np.random.default_rng(1))
  same = augment.frames(np.repeat(still, 5, axis=0), 24, change)
  assert same.shape == (5, 24, 24, 3)
  assert (same == same[:1]).all()


def test_flip_mirrors_left_and_right():
  image = np.random.default_rng(0).integers(0, 255, (1, 16, 16, 3), np.uint8)
  flip = dataclasses.replace(augment.NONE, flip=1.0)
  change = augment.draw(flip, np.random.default_rng(0))
  np.testing.assert_array_equal(
    augment.frames(image, 16, change), image[:, :, ::-1]
  )


def test_louder_sound_keeps_silence():
  window = np.full((80, 16, 1), -4.0, np.float32)
  window[:, 8:] = 1.0
  change = dataclasses.replace(STILL, level=0.5)
  louder = augment.mel(window, change)
  assert (louder[:, :8] == -4).all() and (louder[:, 8:] == 1.5).all()


@pytest.mark.parametrize('size', [16, 24, 32])
def test_all_changes_at_once_are_those_one_after_another(size):
  images = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), np.uint8)
  change = augment.Draw(
    flip=True, zoom=0.25, x=0.5, y=1.0, gain=1.5, bias=-20.0, level=0.0
  )
  cut = [image[8:, 4:28] for image in images]
  small = np.stack([cv2.resize(c, (size, size)) for c in cut])
  lit = np.clip(np.rint(small[:, :, ::-1] * 1.5 - 20), 0, 255)
  np.testing.assert_array_equal(augment.frames(images, size, change), lit)


def test_shrinking_a_lot_does_not_alias():
  checks = np.indices((64, 64)).sum(0)[None, ..., None] % 2 * 255
  checks = np.repeat(checks, 3, axis=-1).astype(np.uint8)
  small = augment.frames(checks, 24, STILL)
  assert np.abs(small.astype(int) - 127).max() <= 20


def test_rotation_turns_around_the_middle():
  image = np.zeros((1, 33, 33, 3), np.uint8)
  image[:, 16, 17:] = 255  # a hand pointing right
  turned = augment.frames(image, 33, dataclasses.replace(STILL, rotation=90.0))
  up = np.zeros_like(image)
  up[:, :16, 16] = 255
  np.testing.assert_array_equal(turned, up)


def test_a_shorter_throat_moves_bands_down_and_silence_nowhere():
  rows = np.full((1, 80, 16, 1), -4.0, np.float32)
  rows[:, 44, 8:] = 2.0
  moved = augment.mel(rows, dataclasses.replace(STILL, tract=0.1))
  assert moved.dtype == np.float32
  assert (moved[:, :, :8] == -4).all()
  np.testing.assert_array_equal(moved[:, :, 8:].argmax(axis=1), 40)
  np.testing.assert_allclose(moved[0, 40, 8:], 2.0, atol=1e-5)


def test_no_change_is_no_change():
  rng = np.random.default_rng(0)
  images = rng.integers(0, 255, (2, 16, 16, 3), np.uint8)
  rows = rng.normal(size=(2, 80, 16, 1)).astype(np.float32)
  np.testing.assert_array_equal(augment.frames(images, 16, STILL), images)
  np.testing.assert_array_equal(augment.mel(rows, STILL), rows)
