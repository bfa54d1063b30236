"""Validation clips drawn by a generator in training, whole, and judged.

What the commands measure of finished generators (`picture_quality`,
`silence`), in padded batches on the device.
"""

from collections.abc import Callable, Iterator
from typing import Any

import einops
import jax
import jax.numpy as jnp
from jaxtyping import Array

from input_pipeline import evaluation, sounds, whole_clips, windows
from lipsync_jax import sharding as sharding_lib
from lipsync_jax.judging import clips
from lipsync_jax.metrics import offset_accuracy, pictures
from lipsync_jax.tasks import base, generator, sync_term

# Of every clip, frames drawn in one go: bounds what is held in memory. A
# divisor of all lengths that `whole_clips` fills up to.
_AT_ONCE = 4


def batches(
  source: Any,
  task: generator.Task,
  options: windows.Options,
  *,
  batch_size: int,
  num_batches: int = 0,
) -> Iterator[evaluation.Batch]:
  """Every record once, for `make_judge`; see `whole_clips.generator_clip`."""
  listens = listener(task)

  def clip(record):
    return whole_clips.generator_clip(
      source[record],
      image_size=options.image_size,
      frame_sound=task.generator.sound,
      stills=task.generator.stills,
      sound=listens and listens.expert.sound,
      reference_alignment=options.reference_alignment,
    )

  return evaluation.in_order(
    len(source),
    clip,
    batch_size=batch_size,
    num_batches=num_batches,
    collate=whole_clips.collate,
  )


def listener(task: generator.Task) -> sync_term.SyncTerm | None:
  """The frozen expert that a generator learns by; None without one."""
  return getattr(task, 'sync', None)


def make_judge(
  task: generator.Task, sharding: sharding_lib.Sharding
) -> Callable[..., tuple[dict[str, Array], Array, Array]]:
  """Jitted `judge(params, model_state, rows)` of rows of `batches`.

  It gives, of each clip [b], drawn with its own sound, 'mouth_l1', 'psnr',
  'ssim' and 'sharpness', as `picture_quality.compare` does, and, as the task's
  expert hears it, 'sync_offset_found' (1 or 0) and 'sync_confidence'; then the
  frames drawn with silence and with the clip's sound, [b, t, h, w, 3] uint8.
  """
  listens = listener(task)

  def judge(params, model_state, rows):
    quality, silent, spoken = _draw(task, params, model_state, rows)
    there = jnp.arange(spoken.shape[1]) < rows['length'][:, None]
    found = {
      name: jnp.sum(x, axis=1, where=there) / rows['length']
      for name, x in quality.items()
    }
    found['sharpness'] /= jnp.maximum(found.pop('sharpness_truth'), 1e-6)
    if listens:
      variables = {'params': params['expert'], **model_state['expert']}
      face, audio = clips.embed(
        listens.expert, variables, spoken, rows['sound']
      )
      offset, found['sync_confidence'] = clips.offsets(
        face, audio, rows['length'], similarity=listens.similarity
      )
      near = offset_accuracy.is_near(offset)
      found['sync_offset_found'] = near.astype(jnp.float32)
    return found, silent, spoken

  return jax.jit(
    judge,
    in_shardings=(sharding.replicated, sharding.replicated, sharding.batch),
    out_shardings=sharding.replicated,
  )


def _draw(task, params, model_state, rows):
  """Quality of every frame [b, t], frames with silence, frames with sound."""
  network = task.generator
  variables = {'params': params['generator'], **model_state['generator']}
  silence = jnp.asarray(sounds.silence(network.sound)[:, None, None])
  k = _AT_ONCE

  def group(given):
    heard, target, others = given
    still = jax.vmap(lambda clip, i: clip[i])(rows['frames'], others)
    hushed = jnp.broadcast_to(silence, heard.shape).astype(heard.dtype)
    # Both in one call, clip-major: time-major would gather across devices.
    both = [
      jnp.concatenate(pair, axis=1)
      for pair in ((hushed, heard), (target, target), (still, still))
    ]
    sound, targets, stills = (
      einops.rearrange(x, 'b k ... -> (b k) ...') for x in both
    )
    made = network.apply(
      variables,
      sound,
      base.to_unit(targets),
      base.to_unit(stills),
      train=False,
      method='draw',
    )
    made = jnp.rint(made.clip(0, 1) * 255).astype(jnp.uint8)
    made = einops.rearrange(made, '(b k) ... -> b k ...', k=2 * k)
    found = jax.vmap(_quality)(made[:, k:], target)
    return found, made[:, :k], made[:, k:]

  groups = [
    einops.rearrange(rows[name], 'b (g k) ... -> g b k ...', k=k)
    for name in ('frame_sounds', 'frames', 'others')
  ]
  return jax.tree.map(
    lambda x: einops.rearrange(x, 'g b k ... -> b (g k) ...'),
    jax.lax.map(group, groups),
  )


def _quality(made, truth):
  """By frame, of lower halves [k, h, w, 3] uint8."""
  made, truth = pictures.mouth(made), pictures.mouth(truth)
  return {
    'mouth_l1': pictures.l1(made, truth),
    'psnr': pictures.psnr(made, truth, cap=pictures.PSNR_CAP),
    'ssim': pictures.ssim(made, truth),
    'sharpness': pictures.sharpness(made),
    'sharpness_truth': pictures.sharpness(truth),
  }
