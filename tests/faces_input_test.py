"""What the towers of experts see of a face."""

import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import faces_input


def test_mouths_are_folded_frame_by_frame():
  # Every pixel's value tells its frame and colour.
  frames = jnp.arange(5)[:, None] + jnp.arange(3) / 10
  frames = jnp.broadcast_to(frames[None, :, None, None], (1, 5, 4, 2, 3))
  mouth = faces_input.fold_time(faces_input.lower_half(frames))
  assert mouth.shape == (1, 2, 2, 15)
  expected = [t + c / 10 for t in range(5) for c in range(3)]
  np.testing.assert_allclose(mouth[0, 0, 0], expected, rtol=1e-6)


def test_another_size_is_refused():
  with pytest.raises(ValueError, match='pictures of 8 pixels, got 4 x 8'):
    faces_input.check_size(jnp.zeros((1, 5, 4, 8, 3)), 8)
