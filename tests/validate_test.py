"""What the sample pictures show, and in which order."""

import jax
import numpy as np
import pytest
import tiny_runs

from input_pipeline import shards
from lipsync_jax import family, sharding, validate

pytestmark = pytest.mark.usefixtures('quick_compilation')


def test_rows_are_reference_masked_generated_truth(talkers, tiny_expert):
  ours = family.build(tiny_runs.tiny('wav2lip', talkers, tiny_expert))
  validation = validate.Validation(
    ours,
    shards.load_split(talkers, 'validation'),
    sharding.make_sharding(1),
    batch_size=4,
    num_batches=1,
  )
  batch = next(validation.batches(1))
  params, model_state = ours.task.init(jax.random.key(0), batch)
  picture = validation.picture(params, model_state)
  assert picture.shape == (4 * 48, 4 * 48, 3)
  cells = picture.reshape(4, 48, 4, 48, 3).swapaxes(1, 2)
  reference, masked, generated, truth = cells
  np.testing.assert_array_equal(reference, batch['reference'][:, 2])
  np.testing.assert_array_equal(truth, batch['frames'][:, 2])
  np.testing.assert_array_equal(masked[:, :24], truth[:, :24])
  assert (masked[:, 24:] == 0).all()
  assert generated[:, 24:].std() > 0
