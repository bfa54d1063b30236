"""How good a network is: means over validation records, sync offsets."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import evaluation
from lipsync_jax.metrics import offset_accuracy as formulas
from lipsync_jax.metrics import sync


def mean_metrics(
  step: Callable[[evaluation.Batch], dict[str, jax.Array]],
  batches: Iterable[evaluation.Batch],
) -> dict[str, float]:
  """Means over the rows that count.

  Args:
    step: sums of metrics over them, see `train_step.make_eval_step`.
    batches: of `dataset.evaluation_batches`.
  """
  found = [(step(batch), batch.mask.sum()) for batch in batches]
  sums, counts = zip(*jax.device_get(found), strict=True)
  return {
    key: float(np.sum([s[key] for s in sums], dtype=float) / np.sum(counts))
    for key in sums[0]
  }


@dataclasses.dataclass(frozen=True)
class ClipSync:
  """What an expert says of one clip; offsets in frames, > 0: sound early."""

  offset: float
  confidence: float
  # Span in frames, None for the whole clip -> share found within +-1 frame,
  # see `metrics.offset_accuracy.moved`.
  found: dict[int | None, float]


def make_embed(expert: Any) -> Callable[..., tuple[jax.Array, jax.Array]]:
  """Jitted `embed(variables, frames, sound)` of an expert network.

  frames [t, h, w, 3] uint8 and sound [t - 4, bands, rows, 1] give embeddings
  ([t - 4, d] of the picture, [t - 4, d] of the sound).
  """

  @jax.jit
  def embed(variables, frames, sound):
    unit = frames.astype(jnp.float32) / 255
    count = len(sound)
    faces = jnp.stack([unit[i : i + count] for i in range(5)], axis=1)
    audio, face = expert.apply(variables, sound, faces, train=False)
    return face, audio

  return embed


@functools.partial(jax.jit, static_argnames='similarity')
def _clip_sync(face, audio, count, similarity):
  band = sync.similarity_band(face, audio, similarity=similarity, count=count)
  curve = sync.offset_curve(band)
  found = formulas.moved(face, audio, count, similarity=similarity)
  return sync.offsets(curve)[0], sync.confidences(curve)[0], found


def clip_sync(
  face: jax.Array, audio: jax.Array, *, similarity: str = 'cosine'
) -> ClipSync:
  """Offset and confidence of one clip that is in sync, and what is found of it.

  Args:
    face: [n, d] embeddings of pictures, from `make_embed`.
    audio: [n, d] embeddings of the sounds.
    similarity: see `sync.similarity_band`.
  """
  count = len(face)
  room = [(0, max(formulas.LEAST - count, 0)), (0, 0)]
  offset, confidence, found = jax.device_get(
    _clip_sync(jnp.pad(face, room), jnp.pad(audio, room), count, similarity)
  )
  spans = zip((*formulas.SPANS, None), found.tolist(), strict=True)
  return ClipSync(
    float(offset),
    float(confidence),
    {span: share for span, share in spans if not np.isnan(share)},
  )


def offset_accuracy(
  judge: Callable[[evaluation.Batch], dict[str, jax.Array]],
  batches: Iterable[evaluation.Batch],
) -> dict[str, float]:
  """Share of offsets found within +-1 frame, on clips moved by 6 frames.

  Args:
    judge: of a batch what `clips.make_judge` gives.
    batches: of `clips.expert_batches`.

  Returns:
    'offset_accuracy_K' for K = 5..15 frames (mean over clips of the share of
    positions, see `metrics.offset_accuracy.moved`; nan if all are too short),
    'offset_accuracy_clip' for whole clips, 'confidence'.
  """
  rows = of_clips(judge, batches)
  metrics = {}
  for k, span in enumerate((*formulas.SPANS, 'clip')):
    found = rows['found'][:, k]
    judged = found[~np.isnan(found)]
    metrics[f'offset_accuracy_{span}'] = (
      float(judged.mean()) if len(judged) else float('nan')
    )
  return metrics | {'confidence': float(rows['confidence'].mean())}


def of_clips(
  judge: Callable[[evaluation.Batch], dict[str, jax.Array]],
  batches: Iterable[evaluation.Batch],
) -> dict[str, np.ndarray]:
  """What is found of each clip that counts, [clips, ...] float64 by name."""
  # Fetched at the end: the device works while the next clips are decoded.
  found = [(judge(batch), batch.mask) for batch in batches]
  parts = [
    {key: np.asarray(v, float)[mask] for key, v in rows.items()}
    for rows, mask in jax.device_get(found)
  ]
  return {
    key: np.concatenate([part[key] for part in parts]) for key in parts[0]
  }
