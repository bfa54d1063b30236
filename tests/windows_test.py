import dataclasses

import numpy as np
import pytest

from input_pipeline import alignment, expert_windows, records, windows

OPTIONS = windows.Options(image_size=16)


def frame_numbers(pictures):
  """Undoes the grey levels of `counting_chunk`."""
  return np.rint(pictures.mean(axis=(-3, -2, -1)) / 3).astype(int)


@pytest.fixture
def raw(counting_chunk):
  return records.encode(counting_chunk())


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize('reference', [False, True])
def test_generator_windows(raw, seed, reference):
  options = dataclasses.replace(OPTIONS, reference_alignment=reference)
  rng = np.random.default_rng(seed)
  example = windows.generator_example(raw, rng, options)
  start = frame_numbers(example['frames'])[0]
  np.testing.assert_array_equal(
    frame_numbers(example['frames']), range(start, start + 5)
  )
  other = frame_numbers(example['reference'])
  np.testing.assert_array_equal(other, range(other[0], other[0] + 5))
  assert abs(other[0] - start) >= 5
  # Mel rows are numbered, so a window's first value is its first row.
  assert example['sound'][0, 0, 0] == alignment.window_start(start)
  rows = [alignment.window_start(start + i - 2 + reference) for i in range(5)]
  np.testing.assert_array_equal(example['frame_sounds'][:, 0, 0, 0], rows)


@pytest.mark.parametrize('seed', range(20))
def test_false_sounds_are_really_out_of_sync(raw, seed):
  options = dataclasses.replace(OPTIONS, other_clip=0.0)
  rng = np.random.default_rng(seed)
  example = expert_windows.expert_example(raw, rng, options, [raw])
  starts = example['start']
  np.testing.assert_array_equal(frame_numbers(example['frames'])[:, 0], starts)
  true, false = example['sound'][:, 0, 0, 0], example['false_sound'][:, 0, 0, 0]
  np.testing.assert_array_equal(
    true, [alignment.window_start(s) for s in starts]
  )
  # More than 1 frame away: two frames are at least 6 rows.
  assert (np.abs(true - false) >= 6).all()
  assert (np.diff(starts) >= expert_windows.MIN_OFFSET).all()


def test_false_sounds_come_from_other_clips_too(raw, counting_chunk):
  chunk = counting_chunk(clip='b/0.mp4')
  other = records.encode(
    dataclasses.replace(chunk, mel=chunk.mel + np.float32(10_000))
  )
  options = dataclasses.replace(OPTIONS, other_clip=1.0)
  elsewhere = [
    expert_windows.expert_example(
      raw, np.random.default_rng(seed), options, [raw, other]
    )['false_sound'][:, 0, 0, 0]
    > 5_000
    for seed in range(20)
  ]
  # The other clip is one of two to draw from.
  assert 0.3 < np.mean(elsewhere) < 0.7


def test_starts_count_from_the_start_of_the_clip(counting_chunk):
  later = records.encode(counting_chunk(start_frame=75))
  rng = np.random.default_rng(0)
  example = expert_windows.expert_example(later, rng, OPTIONS, [later])
  assert (example['start'] >= 75).all()


@pytest.mark.parametrize('num_frames', [5, 6, 9, 15])
def test_short_chunks_still_give_examples(counting_chunk, num_frames):
  raw = records.encode(counting_chunk(num_frames=num_frames))
  for seed in range(5):
    rng = np.random.default_rng(seed)
    windows.generator_example(raw, rng, OPTIONS)
    expert_windows.expert_example(raw, rng, OPTIONS, [raw])
  assert windows.clip_example(raw, 16)['sound'].shape[0] == num_frames - 4


def test_a_whole_clip_pairs_frames_with_their_sound(raw):
  example = windows.clip_example(raw, 16)
  np.testing.assert_array_equal(frame_numbers(example['frames']), range(75))
  np.testing.assert_array_equal(
    example['sound'][:, 0, 0, 0], [alignment.window_start(s) for s in range(71)]
  )
