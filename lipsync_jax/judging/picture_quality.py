"""How near made mouths are to the true ones, and how well they keep time.

Every clip is drawn with its own sound: the truth is known, as nobody can know
it of a dubbed one. The reference of a frame is one half a clip away, so that no
mouth can be copied.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import whole_clips, windows
from lipsync_jax.judging import measure as measure_lib
from lipsync_jax.judging import mouth_quality
from lipsync_jax.metrics import offset_accuracy
from lipsync_jax.tasks import base

_PIECE = 25  # frames drawn at a time, so that memory does not grow


def make_draw(
  generator: Any, variables: Any
) -> Callable[[dict[str, np.ndarray]], np.ndarray]:
  """`draw(example)` of a generator: [t, h, h, 3] uint8 of a whole chunk.

  Examples are those of `whole_clips.reconstruction_example`.
  """

  @jax.jit
  def draw(sounds, targets, stills):
    unit = lambda x: x.astype(jnp.float32) / 255  # noqa: E731
    made = generator.apply(
      variables, sounds, unit(targets), unit(stills), train=False, method='draw'
    )
    return jnp.rint(made.clip(0, 1) * 255).astype(jnp.uint8)

  def draw_clip(example):
    inputs = [example[k] for k in ('frame_sounds', 'frames', 'reference')]
    count = len(inputs[0])
    # The last piece is filled up: one shape, one compilation.
    spare = -count % _PIECE
    filled = [np.concatenate([x, x[:1].repeat(spare, 0)]) for x in inputs]
    pieces = [
      draw(*(x[i : i + _PIECE] for x in filled))
      for i in range(0, count + spare, _PIECE)
    ]
    return np.concatenate(pieces)[:count]

  return draw_clip


def compare(made: np.ndarray, truth: np.ndarray) -> dict[str, float]:
  """Differences of pictures [t, h, h, 3] uint8; the mouth is the lower half.

  Returns:
    'l1', 0..1, 'psnr' in dB and 'ssim' of lower halves, RGB, means over frames
    (SSIM: Gaussian of sigma 1.5 over 11 pixels).
  """
  found = jax.device_get(_of_frames(made, truth))
  names = {'l1': 'mouth_l1', 'psnr': 'psnr', 'ssim': 'ssim'}
  return {ours: float(found[name].mean()) for ours, name in names.items()}


@jax.jit
def _of_frames(made, truth):
  return mouth_quality.of_frames(base.to_unit(made), base.to_unit(truth))


def measure(
  source: Any,
  *,
  image_size: int,
  judge: measure_lib.Judge,
  generator: Any = None,
  variables: Any = None,
) -> dict[str, float]:
  """Draws and judges every record; without a generator, the truth itself.

  Args:
    source: records, by index.
    image_size: of the generator.
    judge: an expert that listens to made mouths, but taught none of them; it
      judges by distances.
    generator: the network, see `models.wav2lip.Generator`.
    variables: its parameters and statistics.

  Returns:
    Means over clips of `compare`, and of the judge's 'confidence' (median minus
    least distance) and 'distance' (the least), comparable for one judge only;
    'offset_found', the share of clips it hears within +-1 frame.
  """
  draw = make_draw(generator, variables) if generator is not None else None
  rows = []
  for raw in source:
    heard = windows.clip_example(raw, image_size, judge.sound)
    made = truth = heard['frames']
    if draw is not None:
      example = whole_clips.reconstruction_example(
        raw, image_size, generator.sound, stills=generator.stills
      )
      made = draw(example)
    found = judge.hear(made, heard['sound'])
    rows.append(
      compare(made, truth)
      | {
        'confidence': found.confidence,
        'distance': found.peak,
        'offset_found': float(abs(found.offset) <= offset_accuracy.TOLERANCE),
      }
    )
  return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
