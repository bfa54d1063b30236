"""The walls between networks, the weights, and what tasks do with a batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax.models import discriminator, expert, wav2lip
from lipsync_jax.tasks import base
from lipsync_jax.tasks import wav2lip as wav2lip_task

pytestmark = pytest.mark.usefixtures('quick_compilation')

SIZE = 24


def make_task(**kwargs):
  return wav2lip_task.Task(
    wav2lip.Generator(2, SIZE),
    expert.Expert(2, SIZE, embedding=8),
    discriminator.Discriminator(2, SIZE),
    **kwargs,
  )


@pytest.fixture(scope='module')
def batch():
  rng = np.random.default_rng(0)
  pixels = lambda: rng.integers(0, 256, (3, 5, SIZE, SIZE, 3), np.uint8)  # noqa: E731
  mels = rng.standard_normal((3, 5, 80, 16, 1)).astype(np.float32)
  arrays = {
    'frames': pixels(),
    'reference': pixels(),
    'sound': mels[:, 2],
    'frame_sounds': mels,
  }
  return jax.tree.map(jnp.asarray, arrays)


@pytest.fixture(scope='module')
def variables(batch):
  return jax.jit(make_task().init)(jax.random.key(0), batch)


WEIGHTS = {'sync': 0.2, 'adversarial': 0.3}


def losses_of(task, params, model_state, batch):
  return task.loss(
    params,
    model_state,
    batch,
    weights=WEIGHTS,
    rng=jax.random.key(0),
    train=True,
  )


@pytest.fixture(scope='module')
def step(batch, variables):
  """Losses, state and metrics, and the gradient of each loss for everything."""
  params, model_state = variables
  task = make_task()

  @jax.jit
  def run(params, model_state, batch):
    def loss(params, name=None):
      by_network, aux = losses_of(task, params, model_state, batch)
      return by_network[name] if name else by_network, aux

    gradients = {
      name: jax.grad(loss, has_aux=True)(params, name)[0]
      for name in ('generator', 'discriminator')
    }
    return loss(params), gradients

  return run(params, model_state, batch)


def test_each_loss_reaches_its_own_network_only(step):
  _, gradients = step
  for loss, by_network in gradients.items():
    for name, gradient in by_network.items():
      norms = [jnp.abs(leaf).max() for leaf in jax.tree.leaves(gradient)]
      if name == loss:
        assert max(norms) > 0
      else:
        assert max(norms) == 0, f'{loss} reaches {name}'


def test_weights_of_the_terms_sum_to_one(step):
  (losses, (_, metrics)), _ = step
  gated = 0.99 * metrics['l1'] + 0.01 * metrics['sync']
  assert metrics['l1_and_sync'] == pytest.approx(gated)
  terms = 0.2 * metrics['sync'] + 0.3 * metrics['adversarial']
  expected = terms + 0.5 * metrics['l1']
  assert losses['generator'] == pytest.approx(expected)


def test_discriminator_descends_the_sum_of_real_and_fake(step):
  (losses, (_, metrics)), _ = step
  expected = metrics['real'] + metrics['fake']
  assert losses['discriminator'] == pytest.approx(expected)


def test_only_the_generator_has_new_statistics(step, variables):
  (_, (state, _)), _ = step
  _, before = variables
  assert state.keys() == before.keys() == {'generator', 'expert'}
  jax.tree.map(np.testing.assert_array_equal, state['expert'], before['expert'])
  mean = lambda s: s['generator']['batch_stats']['audio_encoder']['block_0']  # noqa: E731
  assert (mean(state)['norm']['mean'] != mean(before)['norm']['mean']).all()


def test_weight_gradients_of_the_frozen_expert_are_not_computed(
  batch, variables, monkeypatch
):
  params, model_state = variables
  task = make_task()
  assert set(task.frozen) == {'expert', 'temperature'} <= params.keys()

  def convolutions(names):
    def total(chosen):
      by_network, _ = losses_of(task, params | chosen, model_state, batch)
      return sum(by_network.values())

    chosen = {name: params[name] for name in names}
    return (
      jax.jit(jax.grad(total))
      .lower(chosen)
      .as_text()
      .count('stablehlo.convolution')
    )

  trained = convolutions(['generator', 'discriminator'])
  assert convolutions(params) == trained
  monkeypatch.setattr(base, 'freeze', lambda tree: tree)
  # Without the wall there is one more for every layer of the expert.
  assert convolutions(params) > trained + 20


@pytest.fixture(scope='module')
def predict(variables):
  compiled = jax.jit(make_task().predict)
  return lambda batch: compiled(*variables, batch)


def test_generator_does_not_see_the_mouth_it_is_to_make(batch, predict):
  pictures = predict(batch)
  hidden = batch['frames'].at[:, :, SIZE // 2 :].set(255)
  other = predict(batch | {'frames': hidden})
  np.testing.assert_array_equal(pictures['generated'], other['generated'])
  assert (pictures['masked'][:, :, SIZE // 2 :] == 0).all()
  assert pictures['generated'].shape == (3, 5, SIZE, SIZE, 3)


def test_each_frame_is_made_from_its_own_sound(batch, predict):
  mels = batch['frame_sounds'].at[1, 3].add(1.0)
  before = predict(batch)['generated']
  after = predict(batch | {'frame_sounds': mels})['generated']
  changed = jnp.abs(after - before).max((2, 3, 4)) > 0
  expected = np.zeros((3, 5), bool)
  expected[1, 3] = True
  np.testing.assert_array_equal(changed, expected)


def test_sync_gate_opens_once_and_for_good():
  task = make_task(sync_weight=0.03, sync_gate=0.75)
  weights = task.initial_weights()
  assert weights == {'sync': 0.0, 'adversarial': 0.07}
  weights = task.next_weights(weights, {'sync': 0.76})
  assert weights['sync'] == 0
  weights = task.next_weights(weights, {'sync': 0.74})
  assert weights == {'sync': 0.03, 'adversarial': 0.07}
  weights = task.next_weights(weights, {'sync': 5.0})
  assert weights['sync'] == 0.03


def test_without_a_discriminator_there_is_no_adversarial_weight():
  task = wav2lip_task.Task(wav2lip.Generator(), expert.Expert())
  assert task.initial_weights() == {'sync': 0.0}


def test_matching_needs_something_to_choose_from(batch, variables):
  params, model_state = variables
  one = jax.tree.map(lambda x: x[:1], batch)
  with pytest.raises(ValueError, match='at least two windows'):
    jax.eval_shape(lambda: losses_of(make_task(), params, model_state, one))


def test_unknown_sync_loss_is_refused():
  with pytest.raises(ValueError, match='matching, cosine_bce, contrastive'):
    make_task(sync_loss='bce')
