"""What shows of the border of a generated face in its picture.

The hard way is that of Wav2Lip's inference.py: the whole box is overwritten by
the generated crop, resized bilinearly. The soft one is `paste.paste`. Both put
the same crop into the same square. Two numbers, both in grey levels a pixel,
means over the three colours, frames and clips:

* border: the mean difference of neighbouring pixels across the square's border,
  less what it is there in the original picture;
* steepest: the same along the line parallel to a side, between the border and a
  quarter of the square inside of it (the top: six tenths), where it is largest;
  mean over the four sides. So a seam that was only moved inwards is found.

What is pasted: a stand-in whose faults are known, the crop itself blurred and
tinted, and, where a checkpoint is given, what its generator draws.
"""

import functools

import cv2
import numpy as np
import tqdm

from input_pipeline import faces, media, tracks
from tools import benchmark_gradients, benchmark_table

_SIZE = 96
_EVERY = 5  # frames: neighbours look alike
_TINT = (9, -6, 7)  # levels: a generator whose skin is off
_BLUR = 0.015  # of the side, standard deviation


def run(options) -> str:
  """Measures and returns the report."""
  detector = faces.make_detector(
    'yunet' if options.yunet else 'auto', model_path=options.yunet
  )
  makers = {'stand-in': lambda _, crops: stand_in(crops)}
  size = _SIZE
  if options.checkpoint:
    # Here, so that the stand-in does without JAX.
    from lipsync_jax.inference import generator

    draw = generator.load(options.checkpoint)
    size = draw.image_size
    makers['generator'] = functools.partial(_generated, draw)
  rows = {
    name: {way: [] for way in benchmark_gradients.WAYS} for name in makers
  }
  for path in tqdm.tqdm(options.videos, desc='seam', unit='clip'):
    frames, boxes = _track(path, detector, options.seconds)
    crops = [
      tracks.crop(f, b, size) for f, b in zip(frames, boxes, strict=True)
    ]
    for name, make in makers.items():
      made = make(path, np.stack(crops))
      for k in range(0, len(frames), _EVERY):
        for way, seam in benchmark_gradients.seams(
          frames[k], made[k], boxes[k], original=crops[k]
        ).items():
          rows[name][way].append(seam)
  table = []
  for name, found in rows.items():
    for way in benchmark_gradients.WAYS:
      border, steepest = np.mean(found[way], axis=0)
      table.append(
        {
          'drawn by': name,
          'pasted': way,
          'border': f'{border:.2f}',
          'steepest': f'{steepest:.2f}',
        }
      )
  machine = benchmark_table.machine(('numpy', 'opencv-python-headless'))
  return (
    f'{len(options.videos)} clips, every {_EVERY}th frame, crops of {size} px; '
    'added gradient in levels a pixel.\n\n'
    f'{benchmark_table.table(table)}\n\n{machine}'
  )


def stand_in(crops: np.ndarray) -> np.ndarray:
  """[n, s, s, 3] uint8: the crops blurred and tinted."""
  sigma = _BLUR * crops.shape[1]
  return np.stack(
    [
      np.rint(
        cv2.GaussianBlur(c.astype(np.float32), (0, 0), sigma) + _TINT
      ).clip(0, 255)
      for c in crops
    ]
  ).astype(np.uint8)


def _generated(draw, path, crops: np.ndarray) -> np.ndarray:
  """What a generator makes of a clip with its own sound."""
  from lipsync_jax.inference import speech

  windows = speech.Windows(
    speech.feature_rows(media.audio_blocks(path), draw.sound), draw.sound
  )
  fps = media.timing(path).fps
  sound = np.stack(
    [
      windows.at(
        (2 * k + 1) / (2 * fps), reference_alignment=draw.reference_alignment
      )
      for k in range(len(crops))
    ]
  )
  return draw(sound, crops, np.repeat(crops[:1], len(crops), axis=0))


def _track(path, detector, seconds: float):
  """Frames of a clip, and their squares; only those that have one."""
  fps = float(media.timing(path).fps)
  frames = [
    frame
    for _, (_, frame) in zip(
      range(round(seconds * fps)), media.read_frames(path), strict=False
    )
  ]
  looks = [detector(frame) for frame in frames]
  boxes = tracks.smooth_track([f[0] if f else None for f in looks], fps=fps)
  kept = [k for k, box in enumerate(boxes) if box is not None]
  if not kept:
    raise ValueError(f'{path}: no face was found.')
  return [frames[k] for k in kept], [boxes[k] for k in kept]
