"""How good a network is: means over validation batches, sync offsets."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import windows
from lipsync_jax.metrics import sync

# Frames judged at once in the literature (VocaLiST, table 1).
SPANS = (5, 7, 9, 11, 13, 15)
TOLERANCE = 1  # frames
# Clips are in sync, so a curve without a peak, whose highest point falls in the
# middle by chance or by edge effects, would look right. Hence each is judged as
# it is and with its sound moved, either way.
SHIFTS = (-6, 0, 6)  # frames


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
  # Span in frames, None for the whole clip -> share found within +-1 frame,
  # over SHIFTS and all positions that have their sound.
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


@functools.partial(jax.jit, static_argnames='span')
def _judge(band, span=None):
  curve = sync.offset_curve(band, frames=span)
  return sync.offsets(curve), sync.confidences(curve)


_band = jax.jit(sync.similarity_band, static_argnames='similarity')


def clip_sync(
  face: jax.Array, audio: jax.Array, *, similarity: str = 'cosine'
) -> ClipSync:
  """Offset and confidence of one clip that is in sync, and what is found of it.

  Args:
    face: [n, d] embeddings of pictures, from `make_embed`.
    audio: [n, d] embeddings of the sounds.
    similarity: see `sync.similarity_band`.
  """
  n = len(face)
  found = {}
  for shift in SHIFTS:
    late, early = max(-shift, 0), max(shift, 0)
    count = n - abs(shift)
    if count <= abs(shift):
      continue  # No picture would have its own sound left.
    band = _band(
      face[late : n - early], audio[early : n - late], similarity=similarity
    )
    offsets, confidence = _judge(band)
    if shift == 0:
      whole = float(offsets[0]), float(confidence[0])
    found.setdefault(None, []).append(_near(offsets, shift))
    for span in SPANS:
      windows_judged = span - 4
      first, last = early, count - late - windows_judged
      if first <= last:
        offsets, _ = _judge(band, span=span)
        near = _near(offsets[first : last + 1], shift)
        found.setdefault(span, []).append(near)
  return ClipSync(*whole, {k: float(np.mean(v)) for k, v in found.items()})


def _near(offsets: jax.Array, truth: int) -> float:
  return (np.abs(np.asarray(offsets) - truth) <= TOLERANCE).mean()


def offset_accuracy(
  embed: Callable[..., tuple[jax.Array, jax.Array]],
  variables: dict[str, Any],
  source: Any,
  *,
  image_size: int,
  sound: str = 'mel',
  similarity: str = 'cosine',
) -> dict[str, float]:
  """Share of offsets found within +-1 frame, on clips moved by SHIFTS frames.

  Args:
    embed: from `make_embed`.
    variables: of the expert.
    source: records, by index.
    image_size: of the expert.
    sound: what it hears.
    similarity: see `sync.similarity_band`.

  Returns:
    'offset_accuracy_K' for K = 5..15 frames (mean over clips of the share of
    positions), 'offset_accuracy_clip' for whole clips, 'confidence'.
  """
  results = []
  for raw in source:
    example = windows.clip_example(raw, image_size, sound)
    embeddings = embed(variables, **example)
    results.append(clip_sync(*embeddings, similarity=similarity))
  metrics = {
    f'offset_accuracy_{span or "clip"}': float(
      np.mean([r.found[span] for r in results if span in r.found])
    )
    for span in (*SPANS, None)
  }
  metrics['confidence'] = float(np.mean([r.confidence for r in results]))
  return metrics
