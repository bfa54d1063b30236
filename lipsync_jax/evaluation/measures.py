"""All that is measured of one video that was made from another."""

import collections
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from input_pipeline import alignment, chunks, media, mouth_opening
from input_pipeline.preparation import track_scores
from lipsync_jax.evaluation import clip as clip_lib
from lipsync_jax.evaluation import faces, sources
from lipsync_jax.evaluation import judges as judges_lib
from lipsync_jax.inference import tally
from lipsync_jax.judging import evidence
from lipsync_jax.metrics import landmarks, offset_accuracy, pictures

# Whole frames that are looked at together.
_BATCH = 16
# Deviation of openings below which a mouth does not move: rounding has 1e-17,
# mouths that talk 0.01 and more.
_STILL = 1e-6

Numbers = dict[str, float | None]


def sync(clip: clip_lib.Clip, judges: judges_lib.Judges) -> Numbers:
  """Offset and confidence as the expert hears the file, and whether it is sure.

  That is, whether the confidence is above what wrong sounds reach with these
  pictures, see `metrics.chance`.
  """
  chunks_seen = [
    evidence.gather(judges.expert, faces.chunk(piece, clip.sound))
    for piece, _ in clip.pieces()
  ]
  found = judges.expert.pool([seen.curve for seen in chunks_seen])
  return {
    'offset': float(found.offset),
    'in_sync': float(abs(found.offset) <= offset_accuracy.TOLERANCE),
    'sure': float(found.confidence > evidence.level(chunks_seen)),
    'confidence': found.confidence,
    'peak': found.peak,
  }


def quality(
  clip: clip_lib.Clip, judges: judges_lib.Judges, *, own: bool
) -> Numbers:
  """How the face looks, frame by frame beside the source's.

  Args:
    clip: the video.
    judges: for LPIPS and landmarks.
    own: whether the source shows what it should: with another sound nobody
      knows, and only what needs no truth is said.
  """
  rows = collections.defaultdict(list)
  for piece, crops in clip.pieces():
    count = min(len(crops), len(piece.crops))
    if count < 3:  # no second difference
      continue
    made, truth = piece.crops[:count], crops[:count]
    found = _without_truth(pictures.mouth(made), pictures.mouth(truth))
    if own:
      found |= _against_truth(made, truth, judges)
    for name, values in found.items():
      rows[name].append(np.asarray(values))
  if not rows:
    return {}
  found = {name: np.concatenate(values) for name, values in rows.items()}
  sharp, flicker = found.pop('sharpness_truth'), found.pop('flicker_truth')
  return {name: _mean(values) for name, values in found.items()} | {
    'sharpness': pictures.share(found['sharpness'], sharp),
    'flicker': float(found['flicker'].mean() - flicker.mean()),
  }


def _without_truth(made: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
  return {
    'sharpness': pictures.sharpness(made),
    'sharpness_truth': pictures.sharpness(truth),
    'flicker': pictures.flicker(made),
    'flicker_truth': pictures.flicker(truth),
  }


def _against_truth(
  made: np.ndarray, truth: np.ndarray, judges: judges_lib.Judges
) -> dict[str, Any]:
  mouths = pictures.mouth(made), pictures.mouth(truth)
  found = {
    'l1': pictures.l1(*mouths),
    'psnr': pictures.psnr(*mouths, cap=pictures.PSNR_CAP),
    'ssim': pictures.ssim(*mouths),
  }
  if judges.lpips is not None:
    found['lpips'] = judges.lpips(made, truth)
  if judges.landmarks is not None:
    found['lmd'] = landmarks.distances(*map(judges.landmarks, (made, truth)))
  return found


def openings(clip: clip_lib.Clip) -> np.ndarray:
  """[t] of its mouth by frame, nan without a face."""
  found = np.full(clip.frames, np.nan)
  for piece, _ in clip.pieces():
    here = slice(piece.start, piece.start + len(piece.crops))
    found[here] = mouth_opening.in_crops(piece.crops)
  return found


def leakage(made: np.ndarray, truth: np.ndarray) -> float | None:
  """Correlation of a made mouth's opening with that of the source.

  Where both are seen, over time: 1 if the source's mouth is still there. None
  where one of them does not move.
  """
  count = min(len(made), len(truth))
  a, b = made[:count], truth[:count]
  both = ~np.isnan(a) & ~np.isnan(b)
  a, b = a[both], b[both]
  if len(a) < chunks.MIN_FRAMES or min(a.std(), b.std()) < _STILL:
    return None
  return float(np.corrcoef(a, b)[0, 1])


def silent(made: np.ndarray, source: sources.Source) -> Numbers:
  """Of a video dubbed with silence: how far its mouth stands open and moves.

  Args:
    made: [t] its openings.
    source: what it was made from.
  """
  found: Numbers = {'silence_leakage': leakage(made, source.openings)}
  if source.scale is not None:
    relative = source.scale.relative(made)
    truth = source.scale.relative(source.openings)
    found['silence_opening'] = _mean(relative)
    # At the same times: sums over more frames are no more motion.
    both = min(len(relative), len(truth))
    motion, theirs = (np.abs(np.diff(x[:both])) for x in (relative, truth))
    found['silence_motion'] = _ratio(motion, theirs)
  return found


def success(
  passed_through: Sequence[tally.Range], sound: np.ndarray
) -> Numbers:
  """How many of the frames with speech have new lips.

  Args:
    passed_through: frames of a dubbing without new lips, see `report.Report`.
    sound: [n] int16 of its output.
  """
  speaking = track_scores.speaking(sound)
  edited = np.ones(len(speaking), bool)
  times = (np.arange(len(speaking)) + 0.5) / alignment.FPS
  for span in passed_through:
    edited &= (times < span.start_seconds) | (times >= span.end_seconds)
  return {
    'speech_frames': float(speaking.sum()),
    'success': _mean(edited[speaking].astype(float)),
  }


def features(
  clip: clip_lib.Clip, judges: judges_lib.Judges, *, area: str
) -> np.ndarray:
  """[t, 2048] float32 of Inception, of every frame with a face.

  Args:
    clip: the video.
    judges: with `inception`.
    area: 'face' squares or whole 'frame's.

  Raises:
    ValueError: there is none.
  """
  if area == 'face':
    found = [judges.inception(piece.crops) for piece, _ in clip.pieces()]
  else:
    frames = (frame for _, frame in media.read_frames(clip.path))
    found = [judges.inception(batch) for batch in _batches(frames)]
  if not found:
    raise ValueError(f'{clip.path}: no face for 0.6 s on end.')
  return np.concatenate(found)


def _batches(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
  while batch := list(itertools.islice(frames, _BATCH)):
    yield np.stack(batch)


def _mean(values: np.ndarray) -> float | None:
  values = values[~np.isnan(values)]
  return float(values.mean()) if len(values) else None


def _ratio(a: np.ndarray, b: np.ndarray) -> float | None:
  above, below = (np.nan_to_num(x).sum() for x in (a, b))
  return float(above / below) if below > 0 else None
