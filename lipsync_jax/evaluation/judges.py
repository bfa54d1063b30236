"""The networks that judge; one that is not at hand is named, not replaced."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lipsync_jax import networks
from lipsync_jax.judging import fid, lse_names, measure, run_pipeline, scorer
from lipsync_jax.judging import landmarks as landmarks_lib
from lipsync_jax.judging import lpips as lpips_lib
from lipsync_jax.judging import lse as lse_lib

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
  detector: Any = None,
) -> Judges:
  """Loads those that are given.

  Args:
    expert: run folder of a sync expert.
    syncnet: run folder of an imported SyncNet.
    inception, lpips: run folders of imported weights.
    landmarks: whether dlib is asked.
    lse: what SyncNet is shown, see `protocol.Measure`.
    detector: finds its faces, with 'real'.

  Raises:
    CheckpointError, ValueError: a folder holds something else, or an extra is
      missing.
  """
  given = {
    'expert': expert and _expert(expert),
    'syncnet': syncnet and lse != 'none' and _syncnet(syncnet, lse, detector),
    'inception': inception and _inception(inception),
    'lpips': lpips and _lpips(lpips),
    'landmarks': landmarks and _landmarks(),
  }
  found = {name: pair for name, pair in given.items() if pair}
  return Judges(
    **{name: judge for name, (judge, _) in found.items()},
    about={name: about for name, (_, about) in found.items()},
  )


def _expert(run: str) -> tuple[measure.Judge, dict[str, Any]]:
  judge = measure.load(run)
  about = scorer.describe(run, judge)
  name = networks.fingerprint(judge.variables, judge.similarity)
  return judge, {
    'fingerprint': name,
    'says': (
      f'Sync is judged by {about["run"]}, step {about["step"]}, trained by '
      f'{about["objective"]} ({name}): its confidences compare with its own '
      'alone.'
    ),
  }


def _syncnet(
  run: str, mode: str, detector: Any
) -> tuple[Callable, dict[str, Any]]:
  judge = lse_lib.load(run)

  def read(path: pathlib.Path) -> list[lse_lib.Clip]:
    if mode == 'lrs':
      return [lse_lib.read_video(judge, path)]
    tracks = run_pipeline.read_video(judge, path, detector)
    return [track.clip for track in tracks if track.clip is not None]

  def numbers(path: pathlib.Path) -> dict[str, Any]:
    try:
      readings = [clip.reading for clip in read(path)]
    except ValueError as error:  # too short for a track, for instance
      return {'lse_error': str(error).removeprefix(f'{path}: ')}
    if not readings:
      return {'lse_error': 'no track could be read'}
    return {
      'distance': float(np.mean([r.distance for r in readings])),
      'lse_confidence': float(np.mean([r.confidence for r in readings])),
      'distance_at_0': float(np.mean([r.at_zero for r in readings])),
      'lse_offset': float(np.mean([r.offset for r in readings])),
    }

  shown = 'the whole frame, squashed'
  if mode == 'real':
    shown = f'face tracks of run_pipeline (boxes of {detector.name})'
  notes = ' '.join(lse_names.notes(judge))
  return numbers, {
    'fingerprint': networks.fingerprint(judge.variables, mode),
    'published': lse_names.is_published(judge.description),
    'says': f'{notes} It is shown {shown}.',
  }


def _inception(run: str) -> tuple[Callable, dict[str, Any]]:
  found = fid.Features(run)
  return found.of, {
    'fingerprint': found.fingerprint,
    'says': f"FID is by pytorch-fid's Inception ({found.fingerprint}).",
  }


def _lpips(run: str) -> tuple[Callable, dict[str, Any]]:
  found = lpips_lib.Distance(run)
  return found, {
    'fingerprint': found.fingerprint,
    'says': f'LPIPS is v0.1 on AlexNet ({found.fingerprint}).',
  }


def _landmarks() -> tuple[Callable, dict[str, Any]]:
  return landmarks_lib.Finder(), {
    'fingerprint': 'dlib 68',
    'says': (
      "LMD is of dlib's 68 landmarks, mean over 20 points and frames, in "
      'pixels of the face square.'
    ),
  }
