"""Losses against numbers one can check by hand."""

import math

import jax
import jax.numpy as jnp
import pytest

from lipsync_jax import losses

A = jnp.array([[1.0, 0.0], [0.0, 1.0]])
LOG_2 = math.log(2)


def test_l1_is_the_mean_distance():
  assert losses.l1(jnp.array([0.0, 1.0]), jnp.array([0.5, 0.5])) == 0.5


def test_cosine_bce_at_chance_is_log_two():
  half = jnp.array([0.5, 0.5])
  assert losses.cosine_bce(half, jnp.array([1.0, 0.0])) == pytest.approx(LOG_2)
  assert losses.cosine_bce(half, 1.0) == pytest.approx(LOG_2)


def test_cosine_bce_reads_the_cosine_as_probability():
  cosine = jnp.array([0.25, 0.25])
  # -log 0.25 = 2 log 2 for the true pair, -log 0.75 for the false one.
  expected = (2 * LOG_2 - math.log(0.75)) / 2
  label = jnp.array([1.0, 0.0])
  assert losses.cosine_bce(cosine, label) == pytest.approx(expected)


@pytest.mark.parametrize('cosine', [0.0, 1.0, 1.0000004])
def test_cosine_bce_is_finite_at_the_ends(cosine):
  loss = lambda c: losses.cosine_bce(c, jnp.array([1.0, 0.0]))  # noqa: E731
  value, gradient = jax.value_and_grad(loss)(jnp.full(2, cosine))
  # One of the two is certain and wrong: -log 1e-7 = 16.1.
  assert value == pytest.approx(16.1 / 2, abs=0.1)
  assert jnp.isfinite(gradient).all()


def test_contrastive_pulls_true_pairs_and_pushes_false_ones():
  audio = jnp.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
  face = jnp.array([[3.0, 4.0], [3.0, 4.0], [30.0, 40.0]])  # 5, 5, 50 apart
  label = jnp.array([1.0, 0.0, 0.0])
  # 5^2 for the true pair, (20 - 5)^2 for the close false one, 0 for the far.
  loss = losses.contrastive(audio, face, label, margin=20.0)
  assert loss == pytest.approx((25 + 225 + 0) / 3 / 2)


def test_contrastive_has_a_finite_gradient_where_a_false_pair_coincides():
  loss = lambda a: losses.contrastive(a, A, jnp.zeros(2), margin=1.0)  # noqa: E731
  assert jnp.isfinite(jax.grad(loss)(A)).all()


def test_matching_chooses_among_all():
  # Cosines 1 and 0 times a scale of 3: p = e^3 / (e^3 + 1), both ways.
  logits = losses.matching_logits(A, A, log_scale=jnp.log(3.0))
  expected = math.log(1 + math.exp(-3))
  assert losses.multiway_matching(logits) == pytest.approx(expected)


def test_matching_at_chance_is_the_log_of_the_choices():
  same = jnp.ones((5, 1))
  logits = losses.matching_logits(same, same, log_scale=jnp.float32(2.0))
  assert losses.multiway_matching(logits) == pytest.approx(math.log(5))


def test_excluded_pairs_cannot_be_chosen_and_truth_cannot_be_excluded():
  same = jnp.ones((3, 1))
  exclude = jnp.ones((3, 3), bool).at[0, 1].set(False).at[1, 0].set(False)

  def loss(log_scale):
    logits = losses.matching_logits(
      same, same, log_scale=log_scale, exclude=exclude
    )
    return losses.multiway_matching(logits)

  # Rows 0 and 1 choose between two, row 2 has its own only.
  value, gradient = jax.value_and_grad(loss)(jnp.float32(0.0))
  assert value == pytest.approx((LOG_2 + LOG_2 + 0) / 3)
  assert jnp.isfinite(gradient)


def test_learned_scale_stays_below_one_hundred():
  logits = losses.matching_logits(A, A, log_scale=jnp.float32(50.0))
  assert logits.max() == pytest.approx(100)


def test_gan_losses_at_undecided_logits_are_log_two():
  zero = jnp.zeros((4, 1))
  assert losses.gan_generator(zero) == pytest.approx(LOG_2)
  real, fake = losses.gan_discriminator(real=zero, fake=zero)
  assert real == fake == pytest.approx(LOG_2)


def test_gan_losses_of_a_sure_discriminator():
  sure = jnp.full((4, 1), math.log(3))  # D = 0.75
  real, fake = losses.gan_discriminator(real=sure, fake=-sure)
  assert real == fake == pytest.approx(-math.log(0.75))
  assert losses.gan_generator(-sure) == pytest.approx(-math.log(0.25))


def test_unit_vectors_of_zero_stay_zero_and_have_a_finite_gradient():
  x = jnp.asarray([[3.0, 4.0], [0.0, 0.0]])
  assert losses.unit(x).ravel() == pytest.approx([0.6, 0.8, 0, 0])
  gradient = jax.grad(lambda x: losses.unit(x).sum())(x)
  assert jnp.isfinite(gradient).all()
