"""Telling true pairs from false ones by a score: ROC and what is read off it.

A score is high where a pair looks true: a similarity, or a distance taken
negative. A pair is called true where its score reaches a threshold. Definitions
are those of scikit-learn (`roc_curve`, `roc_auc_score`); accuracies let true
and false pairs weigh the same, of whatever number, so chance is a half.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Scores = Float[np.ndarray, ' n']


class Roc(NamedTuple):
  """Every decision that scores allow, from 'none is true' to 'all are'.

  Attributes:
    thresholds: [k] float64, falling: infinity, then every score there is.
    true_rates: [k] share of the true pairs that are called true, 0..1.
    false_rates: [k] share of the false pairs that are called true, 0..1.
  """

  thresholds: np.ndarray
  true_rates: np.ndarray
  false_rates: np.ndarray


def roc(true: Scores, false: Float[np.ndarray, ' m']) -> Roc:
  """The ROC curve of the scores of true and of false pairs.

  Raises:
    ValueError: there is none of one kind, or a score is nan.
  """
  if not len(true) or not len(false):
    raise ValueError('A ROC curve needs true pairs and false ones.')
  scores = np.concatenate([true, false]).astype(np.float64)
  if np.isnan(scores).any():
    raise ValueError('A score is nan.')
  order = np.argsort(-scores, kind='stable')
  scores, is_true = scores[order], order < len(true)
  # Equal scores are decided together.
  last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
  rates = [
    np.concatenate([[0], np.cumsum(kind)[last]]) / kind.sum()
    for kind in (is_true, ~is_true)
  ]
  return Roc(np.concatenate([[np.inf], scores[last]]), *rates)


def area(curve: Roc) -> float:
  """Area under the curve (AUC).

  That is how often a true pair outdoes a false one, ties counting half.
  """
  return float(np.trapezoid(curve.true_rates, curve.false_rates))


def equal_error_rate(curve: Roc) -> float:
  """Share of errors (EER) where as many true pairs are missed as false taken.

  Between two thresholds the curve is a straight line.
  """
  missed = 1 - curve.true_rates
  return float(np.interp(0, curve.false_rates - missed, curve.false_rates))


def best_threshold(curve: Roc) -> float:
  """The score at which `accuracy` is greatest; the highest of equal ones."""
  best = np.argmax(curve.true_rates - curve.false_rates)
  return float(curve.thresholds[best])


def accuracy(
  true: Scores, false: Float[np.ndarray, ' m'], threshold: float
) -> float:
  """Share decided rightly, 0..1; true and false pairs weigh the same."""
  return float((np.mean(true >= threshold) + np.mean(false < threshold)) / 2)


def histogram(
  true: Scores, false: Float[np.ndarray, ' m'], *, bins: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """How scores are spread.

  Returns:
    [bins + 1] edges, and [bins] the share of the true and of the false pairs
    between them; each sums to 1.
  """
  edges = np.histogram_bin_edges(np.concatenate([true, false]), bins)
  shares = [np.histogram(x, edges)[0] / len(x) for x in (true, false)]
  return edges, *shares
