"""The numbers of syncnet_python, from embeddings and from distances."""

import numpy as np
import pytest
import scipy.signal

from lipsync_jax.metrics import syncnet_python
from tests import parity


@pytest.fixture(scope='module')
def figures():
  return parity.lse()


@pytest.mark.parametrize('max_offset', [10, 15])
def test_the_originals_figures(figures, max_offset):
  table = syncnet_python.distance_table(
    figures['lip_features'], figures['audio_features'], max_offset=max_offset
  )
  found = syncnet_python.read(table)
  np.testing.assert_allclose(
    found.curve, figures[f'mdist_{max_offset}'], rtol=0, atol=1e-4
  )
  offset, distance, confidence = figures[f'read_{max_offset}']
  assert found.offset == offset
  assert found.distance == pytest.approx(distance, abs=1e-4)
  assert found.confidence == pytest.approx(confidence, abs=1e-4)


def test_outside_the_clip_is_a_zero_vector_that_counts():
  faces = np.array([[3.0, 4.0]] * 4, np.float32)
  table = syncnet_python.distance_table(faces, faces, max_offset=2)
  # The columns are of the sounds 2 before ... 2 after.
  expected = 5.0 * np.array(
    [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 1]]
  )
  np.testing.assert_allclose(table, expected, atol=1e-5)
  found = syncnet_python.read(table)
  np.testing.assert_allclose(found.curve, [2.5, 1.25, 0, 1.25, 2.5], atol=1e-5)
  assert found.offset == 0 and found.confidence == pytest.approx(1.25, abs=1e-5)


def test_epsilon_is_added_to_the_difference():
  same = np.ones((1, 1024), np.float32)
  [[distance]] = syncnet_python.distance_table(same, same, max_offset=0)
  assert distance == pytest.approx(1e-6 * 32, rel=1e-4)


@pytest.mark.parametrize('lead', [-7, 0, 4])
def test_a_positive_offset_is_early_sound(rng, lead):
  both = rng.normal(size=(100, 8)).astype(np.float32)
  table = syncnet_python.distance_table(
    both[20:80], both[20 + lead : 80 + lead], max_offset=15
  )
  found = syncnet_python.read(table)
  assert found.offset == lead
  assert found.at_zero == pytest.approx(found.curve[15])
  assert (found.at_zero > found.distance + 1) == bool(lead)


def test_of_an_even_number_the_lower_middle_is_the_median():
  table = np.array([[5.0, 1.0, 2.0, 9.0]], np.float32)
  assert syncnet_python.read(table).confidence == 2.0 - 1.0


@pytest.mark.parametrize('count', [3, 8, 40])
def test_confidence_of_frames_is_filtered_over_zeros(rng, count):
  table = rng.uniform(5, 9, (count, 31)).astype(np.float32)
  found = syncnet_python.read(table)
  best = 15 - found.offset
  raw = np.median(found.curve) - table[:, best]
  padded = np.pad(raw, 9)
  expected = scipy.signal.medfilt(padded, 9)[9:-9]
  np.testing.assert_allclose(found.per_frame, expected, atol=1e-6)


@pytest.mark.parametrize('cuts', [[7], [1, 2, 40], [16, 31]])
def test_batches_give_the_rows_of_the_whole(rng, cuts):
  faces, sounds = rng.normal(size=(2, 45, 6)).astype(np.float32)
  batches = zip(np.split(faces, cuts), np.split(sounds, cuts), strict=True)
  rows = np.concatenate(list(syncnet_python.distance_rows(batches)))
  np.testing.assert_array_equal(
    rows, syncnet_python.distance_table(faces, sounds)
  )


def test_a_clip_shorter_than_the_range_has_all_columns(rng):
  faces, sounds = rng.normal(size=(2, 3, 6)).astype(np.float32)
  table = syncnet_python.distance_table(faces, sounds)
  assert table.shape == (3, 31)
  lengths = np.linalg.norm(faces + 1e-6, axis=1)
  np.testing.assert_allclose(table[:, 0], lengths, rtol=1e-6)
  np.testing.assert_allclose(table[:, -1], lengths, rtol=1e-6)


def test_nothing_to_read_is_an_error():
  for table in (np.zeros((0, 31)), np.full((2, 31), np.nan)):
    with pytest.raises(ValueError, match='distance table'):
      syncnet_python.read(table.astype(np.float32))
  with pytest.raises(ValueError, match='max_offset=-1'):
    list(syncnet_python.distance_rows([], max_offset=-1))
