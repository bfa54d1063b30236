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
from lipsync_jax.metrics import offset_accuracy, pictures

_PIECE = 25  # frames at a time, so that memory does not grow


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
    Means over frames of lower halves: 'l1', 0..1; 'psnr' in dB, no frame above
    60; 'ssim'; 'sharpness', the share of the truth's; 'flicker', grey levels
    above the truth's, nan of fewer than three frames. See `metrics.pictures`.
  """
  count = len(made)
  # Filled up, so that clips of all lengths are a few programs to compile.
  spare = ((0, -count % _PIECE), *[(0, 0)] * 3)
  x, y = (pictures.mouth(np.pad(v, spare, mode='edge')) for v in (made, truth))

  def mean(values, frames=count):
    return float(np.mean(values[:frames])) if frames > 0 else float('nan')

  flicker = [mean(pictures.flicker(v), count - 2) for v in (x, y)]
  return {
    'l1': mean(pictures.l1(x, y)),
    'psnr': mean(pictures.psnr(x, y, cap=pictures.PSNR_CAP)),
    'ssim': mean(pictures.ssim(x, y)),
    'sharpness': pictures.share(
      *(pictures.sharpness(v)[:count] for v in (x, y))
    ),
    'flicker': flicker[0] - flicker[1],
  }


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
