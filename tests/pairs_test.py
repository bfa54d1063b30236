"""Scores of pairs, small enough to judge by hand."""

import numpy as np
import pytest

from lipsync_jax.metrics import pairs

TRUE, FALSE = np.array([0.35, 0.8]), np.array([0.1, 0.4])


def test_roc_of_four_pairs():
  """The example in scikit-learn's documentation of `roc_curve`."""
  curve = pairs.roc(TRUE, FALSE)
  assert curve.thresholds.tolist() == [np.inf, 0.8, 0.4, 0.35, 0.1]
  assert curve.true_rates.tolist() == [0, 0.5, 0.5, 1, 1]
  assert curve.false_rates.tolist() == [0, 0, 0.5, 0.5, 1]
  assert pairs.area(curve) == 0.75
  # At 0.4 one of two false pairs is taken and one of two true ones missed.
  assert pairs.equal_error_rate(curve) == 0.5


def test_the_area_is_how_often_a_true_pair_outdoes_a_false_one(rng):
  true = rng.normal(1, 1, 40).round(1)  # with ties
  false = rng.normal(0, 1, 70).round(1)
  wins = (true[:, None] > false) + 0.5 * (true[:, None] == false)
  area = pairs.area(pairs.roc(true, false))
  assert area == pytest.approx(wins.mean(), abs=1e-12)


def test_equal_scores_are_decided_together():
  curve = pairs.roc(np.ones(3), np.ones(5))
  assert curve.thresholds.tolist() == [np.inf, 1]
  assert pairs.area(curve) == 0.5
  assert pairs.equal_error_rate(curve) == 0.5


def test_equal_errors_between_two_thresholds():
  # At 2 nothing is taken wrongly and 0.75 missed; at 1 all is taken.
  curve = pairs.roc(np.array([2, 1, 1, 1.0]), np.array([1, 1.0]))
  # false = t, missed = 0.75 (1 - t): equal at 3 / 7.
  assert pairs.equal_error_rate(curve) == pytest.approx(3 / 7)


def test_the_best_threshold_and_its_accuracy():
  true, false = np.array([0.9, 0.7, 0.6, 0.2]), np.array([0.5, 0.1, 0.0, 0.0])
  threshold = pairs.best_threshold(pairs.roc(true, false))
  assert threshold == 0.55  # between 0.6 and 0.5
  assert pairs.accuracy(true, false, threshold) == (3 / 4 + 1) / 2
  # True and false pairs weigh the same, of whatever number.
  assert pairs.accuracy(true, false[:1].repeat(9), 0.6) == (3 / 4 + 1) / 2


def test_a_threshold_from_other_clips_is_worse_where_clips_differ():
  """Clip 1's scores are one higher: no threshold suits both."""
  true = pairs.Scored(np.array([1.0, 2.0]), np.array([0, 1]))
  false = pairs.Scored(np.array([0.0, 1.0]), np.array([0, 1]))
  assert pairs.tell_apart(true, false)['accuracy'] == 0.75
  # Clip 0 by 1.5: its true pair is missed. Clip 1 by 0.5: its false one is
  # taken.
  assert pairs.accuracy_held_out(true, false) == 0.5


def test_scores_that_are_upside_down_have_no_threshold():
  one = [pairs.Scored(np.array([x]), np.array([0])) for x in (0.0, 1.0)]
  told = pairs.tell_apart(*one)
  assert told['threshold'] is None and told['accuracy'] == 0.5
  assert told['area'] == 0 and told['equal_error_rate'] == 1


def test_one_clip_has_no_other_half():
  one = pairs.Scored(np.array([1.0]), np.array([0]))
  other = pairs.Scored(np.array([0.0]), np.array([0]))
  told = pairs.tell_apart(one, other)
  assert told['accuracy'] == 1 and told['accuracy_held_out'] is None


def test_a_long_curve_is_thinned_but_keeps_its_ends(rng):
  scored = [
    pairs.Scored(rng.normal(mean, 1, 5000), np.arange(5000)) for mean in (1, 0)
  ]
  told = pairs.tell_apart(*scored)
  kept = told['roc']
  assert len(kept['true_rates']) <= 200
  assert kept['true_rates'][0] == kept['false_rates'][0] == 0
  assert kept['true_rates'][-1] == kept['false_rates'][-1] == 1
  thinned = np.trapezoid(kept['true_rates'], kept['false_rates'])
  assert thinned == pytest.approx(told['area'], abs=2e-3)


def test_histograms_share_their_edges():
  edges, (true, false) = pairs.histogram(
    np.array([0.0, 1.0]), np.array([0.1, 0.2, 0.3, 0.9]), bins=2
  )
  assert edges.tolist() == [0, 0.5, 1]
  assert true.tolist() == [0.5, 0.5] and false.tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
  'true, false, why', [([], [1.0], 'needs'), ([1.0], [np.nan], 'nan')]
)
def test_scores_that_make_no_curve_are_refused(true, false, why):
  with pytest.raises(ValueError, match=why):
    pairs.roc(np.array(true), np.array(false))
