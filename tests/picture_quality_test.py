"""Pictures against the truth, and a judge whose embeddings are known."""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from input_pipeline import records
from lipsync_jax.judging import measure, picture_quality


def test_equal_pictures_are_perfect():
  pictures = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), np.uint8)
  found = picture_quality.compare(pictures, pictures)
  assert found['l1'] == 0
  assert found['psnr'] == pytest.approx(60)
  assert found['ssim'] == 1 and found['sharpness'] == 1
  assert found['flicker'] == 0


def test_every_length_is_measured_by_its_own_frames(rng):
  truth = rng.integers(0, 200, (27, 24, 24, 3), np.uint8)
  made = truth.copy()
  made[-1] += 40
  found = picture_quality.compare(made, truth)
  assert found['l1'] == pytest.approx(40 / 255 / 27)
  # Of 25 second differences only the last one has the last frame.
  grey = truth[:, 12:] @ np.array([0.299, 0.587, 0.114])
  last = np.diff(grey[-3:], 2, axis=0)
  expected = (abs(last + 40).mean() - abs(last).mean()) / 25
  assert found['flicker'] == pytest.approx(expected, rel=1e-2)
  assert np.isnan(picture_quality.compare(made[:2], truth[:2])['flicker'])


def test_an_error_of_known_size():
  truth = np.full((2, 24, 24, 3), 100, np.uint8)
  made = truth.copy()
  made[:, 12:] += 51  # a fifth, in the lower half
  found = picture_quality.compare(made, truth)
  assert found['l1'] == pytest.approx(0.2)
  assert found['psnr'] == pytest.approx(20 * np.log10(5), abs=1e-4)
  # Nothing wraps: a darker picture is as wrong as a lighter one.
  assert picture_quality.compare(truth, made)['psnr'] == found['psnr']


def test_the_upper_half_does_not_count():
  truth = np.random.default_rng(0).integers(0, 256, (2, 24, 24, 3), np.uint8)
  made = truth.copy()
  made[:, :12] = 0
  found = picture_quality.compare(made, truth)
  assert found['l1'] == 0 and found['ssim'] == pytest.approx(1, abs=1e-5)


class Counting(nn.Module):
  """Hears and sees the number of the frame, as a direction."""

  sound: ClassVar[str] = 'mel'
  image_size: int = 16

  @nn.compact
  def __call__(self, mel, frames, *, train):
    # `counting_chunk`: frame k is grey 3 k and its sound starts at 16 k / 5.
    seen = frames[:, 0].mean((1, 2, 3)) * 255 / 3
    heard = mel[:, 0, 0, 0] * 5 / 16
    return tuple(
      jnp.stack([jnp.cos(x / 30), jnp.sin(x / 30)], -1) for x in (heard, seen)
    )


class Copy(nn.Module):
  """Draws its still: a frame of another moment."""

  sound: ClassVar[str] = 'mel'
  stills: ClassVar[int] = 1

  @nn.compact
  def draw(self, sound, target, stills, *, train):
    return stills[:, 0]


@pytest.fixture
def judge():
  return measure.Judge(
    Counting(), {}, {'objective': 'multiway'}, distances=True
  )


def test_the_truth_is_in_sync_and_a_copy_of_other_moments_is_not(
  judge, counting_chunk
):
  source = [records.encode(counting_chunk())]
  truth = picture_quality.measure(source, image_size=16, judge=judge)
  assert truth['l1'] == 0 and truth['offset_found'] == 1
  assert truth['distance'] < 0.02 < truth['confidence']
  copied = picture_quality.measure(
    source, image_size=16, judge=judge, generator=Copy(), variables={}
  )
  assert copied['offset_found'] == 0
  assert copied['l1'] > 0.3


def test_made_pictures_are_resized_for_the_judge(judge, counting_chunk):
  source = [records.encode(counting_chunk())]
  large = picture_quality.measure(source, image_size=32, judge=judge)
  assert large['offset_found'] == 1 and large['distance'] < 0.02


def test_every_frame_is_drawn_once_whatever_the_length():
  draw = picture_quality.make_draw(Copy(), {})
  for count in (1, 25, 30):
    stills = np.arange(count, dtype=np.uint8)[:, None, None, None, None]
    stills = np.broadcast_to(stills, (count, 1, 4, 4, 3))
    example = {
      'frame_sounds': np.zeros((count, 80, 16, 1), np.float32),
      'frames': np.zeros((count, 4, 4, 3), np.uint8),
      'reference': stills,
    }
    np.testing.assert_array_equal(draw(example), stills[:, 0])
    assert jax.tree.leaves(draw(example))[0].dtype == np.uint8
