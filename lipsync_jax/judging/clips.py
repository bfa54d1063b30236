"""Whole clips in an expert's ears: embeddings, offsets, batches of them."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import einops
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

from input_pipeline import evaluation, whole_clips
from lipsync_jax import sharding as sharding_lib
from lipsync_jax.metrics import offset_accuracy, sync
from lipsync_jax.tasks import base

_WINDOW = 5  # frames that every expert sees at once
# Of every clip, windows embedded in one go: bounds what is held in memory. A
# divisor of `whole_clips.STEP`.
_AT_ONCE = 12


def expert_batches(
  source: Any, *, image_size: int, sound: str, batch_size: int
) -> Iterator[evaluation.Batch]:
  """Every record once, for `embed`; see `whole_clips.expert_clip`."""

  def clip(record):
    return whole_clips.expert_clip(
      source[record], image_size=image_size, sound=sound
    )

  return evaluation.in_order(
    len(source), clip, batch_size=batch_size, collate=whole_clips.collate
  )


def embed(
  expert: Any,
  variables: dict[str, Any],
  frames: UInt8[Array, 'b t h w 3'] | Float[Array, 'b t h w 3'],
  sound: Float[Array, 'b n bands rows 1'],
) -> tuple[Float[Array, 'b n d'], Float[Array, 'b n d']]:
  """An expert's embeddings of all windows of clips, each computed once.

  Args:
    expert: the network, see `models.expert.Expert`.
    variables: its parameters and statistics.
    frames: 0..255 or 0..1, of any size; n is t - 4.
    sound: of the five frames from each frame on.

  Returns:
    Of the pictures, of the sounds.
  """
  count = sound.shape[1]
  k = min(_AT_ONCE, count)
  starts = jnp.arange(0, count, k)
  # The last group may reach over the end.
  spare = -count % k
  frames = jnp.pad(frames, [(0, 0), (0, spare), *[(0, 0)] * 3])
  sound = jnp.pad(sound, [(0, 0), (0, spare), *[(0, 0)] * 3])

  def group(start):
    part = jax.lax.dynamic_slice_in_dim(frames, start, k + _WINDOW - 1, 1)
    part = base.resize(base.to_unit(part), expert.image_size)
    windows = jnp.stack([part[:, i : i + k] for i in range(_WINDOW)], 2)
    heard = jax.lax.dynamic_slice_in_dim(sound, start, k, 1)
    # Clip-major: time-major would gather the batch across devices.
    embeddings = expert.apply(
      variables,
      einops.rearrange(heard, 'b k ... -> (b k) ...'),
      einops.rearrange(windows, 'b k ... -> (b k) ...'),
      train=False,
    )
    return [einops.rearrange(x, '(b k) d -> b k d', k=k) for x in embeddings]

  audio, face = (
    einops.rearrange(x, 'g b k d -> b (g k) d')[:, :count]
    for x in jax.lax.map(group, starts)
  )
  return face, audio


def offsets(
  face: Float[Array, 'b n d'],
  audio: Float[Array, 'b n d'],
  length: Int[Array, ' b'],
  *,
  similarity: str,
) -> tuple[Float[Array, ' b'], Float[Array, ' b']]:
  """Offset and confidence of each clip of a batch, of `length` frames each."""

  def of_clip(face, audio, count):
    band = sync.similarity_band(face, audio, similarity=similarity, count=count)
    curve = sync.offset_curve(band)
    return sync.offsets(curve)[0], sync.confidences(curve)[0]

  return jax.vmap(of_clip)(face, audio, length - _WINDOW + 1)


def make_judge(
  expert: Any, similarity: str, sharding: sharding_lib.Sharding | None = None
) -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Array]]:
  """Jitted `judge(variables, rows)`: what an expert finds of clips in sync.

  rows are those of `expert_batches`. It gives 'found' [b, 7], see
  `offset_accuracy.moved`, and 'confidence' [b].

  Args:
    expert: the network.
    similarity: see `sync.similarity_band`.
    sharding: of rows over devices, where there are several.
  """
  moved = functools.partial(offset_accuracy.moved, similarity=similarity)

  def judge(variables, rows):
    face, audio = embed(expert, variables, rows['frames'], rows['sound'])
    length = rows['length']
    _, confidence = offsets(face, audio, length, similarity=similarity)
    return {
      'found': jax.vmap(moved)(face, audio, length - _WINDOW + 1),
      'confidence': confidence,
    }

  if sharding is None:
    return jax.jit(judge)
  return jax.jit(
    judge,
    in_shardings=(sharding.replicated, sharding.batch),
    out_shardings=sharding.replicated,
  )
