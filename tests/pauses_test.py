"""When nobody speaks, by the sound alone."""

import numpy as np
import tiny_runs

from input_pipeline import pauses, synthetic


def test_pauses_are_where_the_sound_is_quiet(counting_chunk):
  record = counting_chunk(num_frames=50)
  level = np.full(len(record.mel), 1.0, np.float32)
  level[
    record.mel_context + 64 : record.mel_context + 96
  ] = -2.0  # frames 20-29
  record.mel[:] = level[:, None]
  quiet = pauses.quiet_frames(record)
  # Two frames on either side still hear somebody.
  assert np.flatnonzero(quiet).tolist() == [22, 23, 24, 25, 26, 27]


def test_the_pauses_of_synthetic_talkers_are_shut():
  record = tiny_runs.make_chunk(3, 0, 60)
  quiet = pauses.quiet_frames(record)
  shape = synthetic.make_clip(synthetic.person(3), seed=0, num_frames=60).mouth
  assert quiet.any() and not quiet.all()
  assert shape[quiet, 0].mean() < 0.3 * shape[~quiet, 0].mean()


def test_noise_without_speech_has_no_pauses(counting_chunk):
  record = counting_chunk(num_frames=50)
  record.mel[:] = np.random.default_rng(0).normal(-2, 0.2, record.mel.shape)
  assert not pauses.quiet_frames(record).any()
