"""How far apart an expert holds true and false pairs, and its embeddings."""

from typing import Any

import numpy as np

from lipsync_jax.metrics import pairs
from lipsync_jax.training.diagnosis import probe as probe_lib
from lipsync_jax.training.diagnosis import units


def read(probe: probe_lib.Probe, objective: str) -> dict[str, Any]:
  """Numbers of a probe; those of pairs of windows are None if any is no number.

  Returns:
    pairs: true, false: mean scores; separation: their difference in standard
    deviations; area: how often a true pair outdoes a false one (AUC); windows:
    how many; same: share of the false pairs whose sound is the true one or that
    of a frame away; scores: of both kinds. losses: see `probe.Probe`. layers:
    (dead channels, channels) by layer. embeddings: `units.spread` of faces and
    sounds.
  """
  within = objective == 'multiway'
  false = probe.within if within else probe.other
  found = {
    'losses': probe.losses,
    'layers': units.dead(probe.channels),
    'pairs': None,
    'embeddings': None,
  }
  numbers = (probe.own, false, probe.faces, probe.sounds)
  if not all(np.isfinite(x).all() for x in numbers) or not len(false):
    return found
  wide = np.sqrt((probe.own.var() + false.var()) / 2)
  gap = probe.own.mean() - false.mean()
  found['pairs'] = {
    'kind': 'of the same clip' if within else 'as training draws them',
    'true': float(probe.own.mean()),
    'false': float(false.mean()),
    'separation': float(gap / max(wide, 1e-12)),
    'area': pairs.area(pairs.roc(probe.own, false)),
    'windows': len(probe.own),
    'same': probe.alike if within else float(probe.near.mean()),
    'scores': [probe.own.tolist(), false.tolist()],
  }
  found['embeddings'] = {
    name: units.spread(x)
    for name, x in (('faces', probe.faces), ('sounds', probe.sounds))
  }
  return found
