"""How good a network is: means over validation batches, sync offsets."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import windows
from lipsync_jax import sync

# Frames judged at once in the literature (VocaLiST, table 1).
SPANS = (5, 7, 9, 11, 13, 15)
TOLERANCE = 1  # frames


def mean_metrics(
  step: Callable[[dict[str, Any]], dict[str, jax.Array]],
  batches: Iterable[dict[str, Any]],
) -> dict[str, float]:
  """Averages what `step` returns over batches of equal size."""
  rows = [step(batch) for batch in batches]
  rows = jax.device_get(rows)
  return {key: float(np.mean([r[key] for r in rows])) for key in rows[0]}


@dataclasses.dataclass(frozen=True)
class ClipSync:
  """What an expert says of one clip; offsets in frames, > 0: sound early."""

  offset: float
  confidence: float
  hits: dict[int, tuple[int, int]]  # span -> (windows within +-1, windows)


def make_embed(expert: Any) -> Callable[..., tuple[jax.Array, jax.Array]]:
  """Jitted `embed(variables, frames, mel)` of an expert network.

  frames [t, h, w, 3] uint8 and mel [t - 4, 80, 16, 1] give the unit embeddings
  ([t - 4, d] of the picture, [t - 4, d] of the sound).
  """

  @jax.jit
  def embed(variables, frames, mel):
    half = frames[:, frames.shape[1] // 2 :].astype(jnp.float32) / 255
    count = len(mel)
    # Frame-major channels: R0 G0 B0 R1 ...
    mouth = jnp.concatenate([half[i : i + count] for i in range(5)], axis=-1)
    audio, face = expert.apply(variables, mel, mouth, train=False)
    return face, audio

  return embed


@functools.partial(jax.jit, static_argnames='span')
def _judge(band, span=None):
  curve = sync.offset_curve(band, frames=span)
  return sync.offsets(curve), sync.confidences(curve)


_band = jax.jit(sync.similarity_band)


def clip_sync(embed, variables, frames, mel) -> ClipSync:
  """Offset and confidence of one clip, and hits of all shorter spans.

  Args:
    embed: from `make_embed`.
    variables: of the expert.
    frames: [t, h, w, 3] uint8 RGB.
    mel: [t - 4, 80, 16, 1] float32.
  """
  band = _band(*embed(variables, frames, mel))
  offset, confidence = _judge(band)
  hits = {}
  for span in SPANS:
    if span <= len(frames):
      found = np.asarray(_judge(band, span=span)[0])
      hits[span] = (int((np.abs(found) <= TOLERANCE).sum()), len(found))
  return ClipSync(float(offset[0]), float(confidence[0]), hits)


def offset_accuracy(
  embed: Callable[..., tuple[jax.Array, jax.Array]],
  variables: dict[str, Any],
  source: Any,
  *,
  image_size: int,
) -> dict[str, float]:
  """Share of offsets found within +-1 frame on clips known to be in sync.

  Args:
    embed: from `make_embed`.
    variables: of the expert.
    source: records, by index.
    image_size: of the expert.

  Returns:
    'offset_accuracy_K' for K = 5..15 frames (mean over clips of the share of
    positions), 'offset_accuracy_clip' for whole clips, 'confidence'.
  """
  results = []
  for raw in source:
    example = windows.clip_example(raw, image_size)
    results.append(clip_sync(embed, variables, **example))
  metrics = {
    f'offset_accuracy_{span}': float(
      np.mean([np.divide(*r.hits[span]) for r in results if span in r.hits])
    )
    for span in SPANS
  }
  near = [abs(r.offset) <= TOLERANCE for r in results]
  metrics['offset_accuracy_clip'] = float(np.mean(near))
  metrics['confidence'] = float(np.mean([r.confidence for r in results]))
  return metrics
