"""An expert on the same few batches, unchanged: what it tells, what is dead."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import dataset, records, windows
from lipsync_jax.tasks import base
from lipsync_jax.training.diagnosis import units

# Sounds that differ by less everywhere are one: a thousandth of 12.5 dB.
_SAME = 1e-3


class Probe(NamedTuple):
  """What an expert made of some batches; n windows in all.

  Attributes:
    own, other: [n] cosine (or distance, negative) of each picture with its
      sound, and with a false one as training draws it.
    within: scores of pairs of the same clip two frames or more apart.
    faces, sounds: [n, d] embeddings.
    near: [n] whether the false sound is one that is at most a frame away.
    alike: share of the pairs `within` whose two sounds are the same.
    losses: means, as training ('batch') and validation ('running') count: of
      'loss', 'chance', 'accuracy'.
    channels: largest output of every channel, by layer, see `units`.
  """

  own: np.ndarray
  other: np.ndarray
  within: np.ndarray
  faces: np.ndarray
  sounds: np.ndarray
  near: np.ndarray
  alike: float
  losses: dict[str, dict[str, float]]
  channels: dict[str, np.ndarray]


def run(
  family: Any,
  params: dict[str, Any],
  model_state: dict[str, Any],
  source: Sequence[bytes],
  *,
  batches: int,
) -> Probe:
  """Runs an expert on batches of a split, spread evenly over it.

  Args:
    family: of an expert, see `family.Family`.
    params, model_state: of its state.
    source: the records.
    batches: how many, of the run's size.
  """
  step = jax.jit(lambda *args: _step(family.task, *args))
  options = family.evaluation_options
  found = []
  for batch in dataset.evaluation_batches(
    source,
    'expert',
    options,
    batch_size=min(family.config.batch_size, len(source)),
    num_batches=batches,
  ):
    rows = {name: x[:, 0][batch.mask] for name, x in batch.rows.items()}
    if found and not batch.mask.all():
      break  # Another size would be compiled anew.
    out = jax.device_get(step(params, model_state, rows))
    told = batch.records[batch.mask]
    near = [_near(source[int(k)], rows, i, options) for i, k in enumerate(told)]
    out['near'] = np.concatenate(near)
    found.append(out)
  return _together(found)


def _step(task, params, model_state, batch):
  losses = {}
  for name, train in (('batch', True), ('running', False)):
    _, (_, metrics) = task.loss(
      params, model_state, batch, weights={}, rng=None, train=train
    )
    losses[name] = {k: metrics[k] for k in ('loss', 'chance', 'accuracy')}
  fold = {k: batch[k].reshape(-1, *batch[k].shape[2:]) for k in _FOLDED}
  variables = {'params': params['expert'], **model_state['expert']}
  frames = base.to_unit(fold['frames'])
  (sounds, faces), seen = task.expert.apply(
    variables,
    fold['sound'],
    frames,
    train=False,
    capture_intermediates=True,
    mutable=['intermediates'],
  )
  others = task.expert.apply(
    variables, fold['false_sound'], train=False, method='embed_audio'
  )
  clips, n = batch['sound'].shape[:2]
  per_clip = [x.reshape(clips, n, -1) for x in (faces, sounds)]
  apart = jnp.abs(batch['start'][:, :, None] - batch['start'][:, None]) > 1
  return {
    'own': _score(task, faces, sounds),
    'other': _score(task, faces, others),
    'within': _score(task, per_clip[0][:, :, None], per_clip[1][:, None]),
    'apart': apart,
    'alike': apart & _alike(batch['sound']),
    'faces': faces,
    'sounds': sounds,
    'losses': losses,
    'channels': units.largest(seen['intermediates']),
  }


_FOLDED = ('frames', 'sound', 'false_sound')


def _alike(sounds):
  """[b, n, n] whether two windows of a clip sound the same."""
  difference = jnp.abs(sounds[:, :, None] - sounds[:, None])
  return difference.max(axis=(3, 4, 5)) < _SAME


def _score(task, faces, sounds):
  if task.similarity == 'distance':
    return -jnp.linalg.norm(faces - sounds, axis=-1)

  def unit(x):
    return x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), 1e-12)

  return jnp.sum(unit(faces) * unit(sounds), -1)


def _near(raw, rows, i, options) -> np.ndarray:
  """[n] whether the false sounds of row i are those of a frame's distance."""
  record = records.parse(raw)
  starts = rows['start'][i] - record.start_frame
  last = record.num_frames - windows.WINDOW
  found = np.zeros(len(starts), bool)
  for by in (-1, 0, 1):
    moved = np.clip(starts + by, 0, last).tolist()
    theirs = windows.heard(record, moved, options.sound)
    difference = np.abs(theirs - rows['false_sound'][i])
    found |= difference.max((1, 2, 3)) < _SAME
  return found


def _together(found: list[dict[str, Any]]) -> Probe:
  names = ('own', 'other', 'faces', 'sounds', 'near')
  joined = {n: np.concatenate([part[n] for part in found]) for n in names}
  apart = np.concatenate([part['apart'] for part in found])
  within = np.concatenate([part['within'] for part in found])
  alike = sum(part['alike'].sum() for part in found)
  return Probe(
    **joined,
    within=within[apart],
    alike=float(alike / max(1, apart.sum())),
    losses=jax.tree.map(
      lambda *x: float(np.mean(x)), *[part['losses'] for part in found]
    ),
    channels=units.merge([part['channels'] for part in found]),
  )
