"""The expert's objectives and metrics, with embeddings given by hand."""

import math
from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import losses
from lipsync_jax.tasks import expert as expert_task

# Four directions; window k shows direction k.
DIRECTIONS = np.eye(4, dtype=np.float32)


class Transparent(nn.Module):
  """Embeds what its inputs have in a corner, as unit vectors."""

  least_cosine: ClassVar[float] = 0.0

  @nn.compact
  def __call__(self, mel, frames, *, train):
    scale = self.param('scale', nn.initializers.ones, ())
    corner = jnp.concatenate([frames[:, 0, 2, 0], frames[:, 1, 2, 0]], -1)
    return scale * mel[:, :4, 0, 0], corner[:, :4]


def make_batch(heard, misheard=None, start=None):
  """Two clips of two windows that show directions 0, 1, 2, 3."""
  frames = np.zeros((4, 5, 4, 2, 3), np.float32)
  frames[:, 0, 2, 0] = DIRECTIONS[:, :3]
  frames[:, 1, 2, 0, 0] = DIRECTIONS[:, 3]

  def mel(embeddings):
    mel = np.zeros((4, 80, 16, 1), np.float32)
    mel[:, :4, 0, 0] = embeddings
    return mel.reshape(2, 2, 80, 16, 1)

  batch = {
    'frames': frames.reshape(2, 2, 5, 4, 2, 3),
    'sound': mel(heard),
    'false_sound': mel(heard if misheard is None else misheard),
    'start': np.asarray(start or [[0, 10], [0, 10]], np.int32),
    'clip': np.asarray([7, 8], np.int32),
  }
  return jax.tree.map(jnp.asarray, batch)


def run(batch, objective, candidates='batch', **kwargs):
  task = expert_task.Task(
    Transparent(), objective, candidates=candidates, **kwargs
  )
  params, model_state = task.init(jax.random.key(0), batch)
  by_network, (_, metrics) = task.loss(
    params, model_state, batch, weights={}, rng=None, train=False
  )
  return by_network['expert'], metrics


def test_multiway_knows_every_pair():
  loss, metrics = run(make_batch(DIRECTIONS), 'multiway', initial_scale=3.0)
  assert loss == pytest.approx(math.log(1 + 3 * math.exp(-3)), rel=1e-4)
  assert metrics['accuracy'] == 1
  assert metrics['cosine_true'] == 1
  assert metrics['cosine_false'] == 0
  assert metrics['pair_accuracy'] == 1


def test_within_a_clip_the_other_window_alone_competes():
  loss, metrics = run(
    make_batch(DIRECTIONS), 'multiway', candidates='clip', initial_scale=3.0
  )
  assert loss == pytest.approx(math.log(1 + math.exp(-3)), rel=1e-4)
  assert metrics['accuracy'] == 1
  # Windows 0 and 2 sound alike, but are of different clips.
  _, metrics = run(
    make_batch(DIRECTIONS[[0, 1, 0, 3]]), 'multiway', candidates='clip'
  )
  assert metrics['cosine_true'] == 0.75
  loss, _ = run(
    make_batch(DIRECTIONS[[1, 0, 2, 3]]), 'multiway', candidates='clip'
  )
  assert loss > 1


def test_unknown_candidates_are_refused():
  with pytest.raises(ValueError, match="'clip' nor 'batch'"):
    expert_task.Task(Transparent(), candidates='all')


def test_multiway_with_one_pair_of_clips_exchanged():
  loss, metrics = run(make_batch(DIRECTIONS[[2, 1, 0, 3]]), 'multiway')
  assert metrics['accuracy'] == 0.5
  assert metrics['cosine_true'] == 0.5


def test_windows_a_frame_apart_do_not_compete():
  # Windows 0 and 1 sound the same; they are neighbours in their clip.
  heard = DIRECTIONS[[0, 0, 2, 3]]
  far = make_batch(heard, start=[[0, 2], [0, 2]])
  near = make_batch(heard, start=[[0, 1], [0, 1]])
  # Clip 8 starts at the same frames and still competes.
  loss_far, metrics_far = run(far, 'multiway', initial_scale=3.0)
  loss_near, metrics_near = run(near, 'multiway', initial_scale=3.0)
  assert metrics_far['cosine_false'] == pytest.approx(1 / 12)
  assert metrics_near['cosine_false'] == 0
  assert loss_near < loss_far


def test_pairs_take_the_false_sound_every_second_window():
  # The false sounds of windows 1 and 3 fit windows 2 and 0.
  misheard = DIRECTIONS[[3, 2, 1, 0]]
  loss, metrics = run(make_batch(DIRECTIONS, misheard), 'cosine_bce')
  assert metrics['cosine_true'] == 1
  assert metrics['cosine_false'] == 0
  assert metrics['pair_accuracy'] == 1
  assert metrics['accuracy'] == 1
  assert loss == pytest.approx(0, abs=1e-6)
  # False sounds that fit perfectly: two of four pairs are as wrong as can be.
  loss, metrics = run(make_batch(DIRECTIONS), 'cosine_bce')
  assert metrics['cosine_false'] == 1
  assert metrics['pair_accuracy'] == 0.5
  assert loss == pytest.approx(-math.log(1.19e-7) / 2, rel=1e-2)


def test_contrastive_uses_the_same_pairs():
  loss, _ = run(make_batch(DIRECTIONS), 'contrastive', margin=0.5)
  # True pairs coincide; two false ones should be 0.5 apart and are not.
  assert loss == pytest.approx(2 * 0.5**2 / 4 / 2, rel=1e-5)


def test_temperature_is_learned_beside_the_expert():
  batch = make_batch(DIRECTIONS)
  task = expert_task.Task(Transparent(), initial_scale=3.0)
  params, model_state = task.init(jax.random.key(0), batch)
  assert params.keys() == {'expert', 'temperature'}

  def loss(params):
    by_network, _ = task.loss(
      params, model_state, batch, weights={}, rng=None, train=True
    )
    return by_network['expert']

  # All pairs are right, so being surer is better.
  assert jax.grad(loss)(params)['temperature']['log_scale'] < 0


def test_pairs_need_no_temperature():
  batch = make_batch(DIRECTIONS)
  task = expert_task.Task(Transparent(), 'cosine_bce')
  params, _ = task.init(jax.random.key(0), batch)
  assert params.keys() == {'expert'}


def test_unknown_objective_is_refused():
  with pytest.raises(ValueError, match='multiway, cosine_bce, contrastive'):
    expert_task.Task(Transparent(), 'infonce')


def test_similarities_have_faces_in_rows():
  audio, face = jnp.eye(2), jnp.asarray([[0.6, 0.8], [1.0, 0.0]])
  np.testing.assert_allclose(losses.similarities(audio, face), face)
