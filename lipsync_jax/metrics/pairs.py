"""Telling true pairs from false ones by a score: ROC and what is read off it.

A score is high where a pair looks true: a similarity, or a distance taken
negative. A pair is called true where its score reaches a threshold. Definitions
are those of scikit-learn (`roc_curve`, `roc_auc_score`); accuracies let true
and false pairs weigh the same, of whatever number, so chance is a half.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

Scores = Float[np.ndarray, ' n']
_ROC_POINTS = 200  # of a curve that is kept


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
  """Where `accuracy` is greatest, midway between two scores.

  The highest of equally good ones; infinity if nothing is better.
  """
  best = np.argmax(curve.true_rates - curve.false_rates)
  return float(curve.thresholds[best : best + 2].mean())


def accuracy(
  true: Scores, false: Float[np.ndarray, ' m'], threshold: float
) -> float:
  """Share decided rightly, 0..1; true and false pairs weigh the same."""
  return float((np.mean(true >= threshold) + np.mean(false < threshold)) / 2)


class Scored(NamedTuple):
  """Scores of pairs of one kind, and which clip each is of.

  Attributes:
    scores: [n] float.
    clips: [n] int.
  """

  scores: np.ndarray
  clips: np.ndarray


def accuracy_held_out(true: Scored, false: Scored) -> float:
  """Accuracy with a threshold from other clips: two halves, each by the other.

  One half are the clips of even number. 0..1; nan where a half has no pairs of
  both kinds.
  """
  halves = [
    [kind.scores[kind.clips % 2 == k] for kind in (true, false)] for k in (0, 1)
  ]
  if not all(len(scores) for half in halves for scores in half):
    return float('nan')
  thresholds = [best_threshold(roc(*half)) for half in halves]
  judged = zip(halves, thresholds[::-1], strict=True)
  return float(np.mean([accuracy(*half, other) for half, other in judged]))


def tell_apart(true: Scored, false: Scored) -> dict[str, Any]:
  """All of the above, JSON-able.

  Returns:
    'true' and 'false', how many; 'area', 'equal_error_rate'; 'accuracy' with
    the best 'threshold', None where nothing is called true;
    'accuracy_held_out', None where it is not known;
    'roc': 'true_rates' and 'false_rates'.
  """
  curve = roc(true.scores, false.scores)
  threshold = best_threshold(curve)
  held_out = accuracy_held_out(true, false)
  # Evenly along both axes: a curve may have millions of points.
  way = curve.true_rates + curve.false_rates
  kept = np.unique(np.searchsorted(way, np.linspace(0, 2, _ROC_POINTS)))
  return {
    'true': len(true.scores),
    'false': len(false.scores),
    'area': area(curve),
    'equal_error_rate': equal_error_rate(curve),
    'threshold': threshold if np.isfinite(threshold) else None,
    'accuracy': accuracy(true.scores, false.scores, threshold),
    'accuracy_held_out': None if np.isnan(held_out) else held_out,
    'roc': {
      'true_rates': curve.true_rates[kept].tolist(),
      'false_rates': curve.false_rates[kept].tolist(),
    },
  }


def histogram(
  *groups: Float[np.ndarray, '...'], bins: int = 40
) -> tuple[np.ndarray, list[np.ndarray]]:
  """How the scores of several kinds of pairs are spread.

  Returns:
    [bins + 1] edges, and of each group [bins] its share between them; a group's
    shares sum to 1.
  """
  edges = np.histogram_bin_edges(np.concatenate(groups), bins)
  return edges, [np.histogram(x, edges)[0] / len(x) for x in groups]
