"""The networks that judge; one that is not at hand is named, not replaced."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from lipsync_jax import networks
from lipsync_jax.judging import measure, scorer

# What is said where a judge is missing: what is not measured, and what to do.
_MISSING = {
  'expert': 'No sync expert: sync was not measured (--expert RUN).',
  'syncnet': (
    'No SyncNet v2: LSE-D and LSE-C were not measured. Import '
    'syncnet_v2.model with tools.convert_checkpoint and give --syncnet DIR.'
  ),
  'inception': (
    'No Inception weights: FID was not measured. Import '
    'pt_inception-2015-12-05-6726825d.pth (pytorch-fid) with '
    'tools.convert_checkpoint and give --inception DIR.'
  ),
  'lpips': (
    'No LPIPS weights: LPIPS was not measured. Import them with '
    'tools.convert_checkpoint and give --lpips DIR.'
  ),
  'landmarks': (
    "No landmark model: LMD was not measured (pip install '.[landmarks]', "
    '--landmarks).'
  ),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Judges:
  """Networks that judge; None: not at hand, and nothing is said of it.

  Attributes:
    expert: measures sync, a `measure.Judge`.
    syncnet: path of a file -> the LSE numbers, by name.
    inception: [n, h, w, 3] uint8 -> [n, 2048], for FID.
    lpips: two [n, h, w, 3] uint8 -> [n] distances.
    landmarks: [n, h, w, 3] uint8 -> [n, 20, 2] of the mouth, nan without.
    about: of each at hand its 'fingerprint', what it 'says' of itself, and of
      SyncNet whether it is the 'published' one.
  """

  expert: measure.Judge | None = None
  syncnet: Callable | None = None
  inception: Callable | None = None
  lpips: Callable | None = None
  landmarks: Callable | None = None
  about: Mapping[str, Mapping[str, Any]] = dataclasses.field(
    default_factory=dict
  )

  def fingerprints(self) -> dict[str, str]:
    """Of those at hand."""
    return {name: about['fingerprint'] for name, about in self.about.items()}

  def described(self) -> dict[str, dict[str, Any]]:
    """All of them: what is known of each, or what to do about it."""
    return {
      name: dict(self.about.get(name, {'says': missing}))
      for name, missing in _MISSING.items()
    }


def load(
  *,
  expert: str | None = None,
  syncnet: str | None = None,
  inception: str | None = None,
  lpips: str | None = None,
  landmarks: bool = False,
  lse: str = 'lrs',
) -> Judges:
  """Loads those that are given.

  Args:
    expert: run folder of a sync expert.

  Raises:
    CheckpointError, ValueError: a folder holds something else.
  """
  found, about = {}, {}
  if expert is not None:
    judge = measure.load(expert)
    found['expert'] = judge
    name = networks.fingerprint(judge.variables, judge.similarity)
    about['expert'] = {
      'fingerprint': name,
      'says': (
        f'Sync is judged by {scorer.describe(expert, judge)["run"]}, step '
        f'{judge.description["step"]}, trained by '
        f'{judge.description["objective"]} ({name}): its confidences compare '
        'with its own alone.'
      ),
    }
  return Judges(**found, about=about)
