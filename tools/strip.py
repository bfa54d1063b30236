"""Frames of several videos below each other, to see what was edited.

  python -m tools.strip talk.mp4 dubbed.mp4 --output strip.png

Each row is one video, each column one moment; of every video the same --crop.
"""

import argparse
import pathlib
import sys

import cv2
import numpy as np

from input_pipeline import media
from lipsync_jax import metric_writer


def main(argv: list[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('videos', nargs='+', type=pathlib.Path)
  parser.add_argument('--output', type=pathlib.Path, required=True)
  parser.add_argument('--start', type=float, default=0.0, help='seconds')
  parser.add_argument('--step', type=float, default=0.2, help='seconds')
  parser.add_argument('--columns', type=int, default=8)
  parser.add_argument('--height', type=int, default=192, help='of a row')
  parser.add_argument(
    '--crop',
    type=int,
    nargs=4,
    metavar=('LEFT', 'TOP', 'RIGHT', 'BOTTOM'),
    help='in pixels of the videos (default: the whole picture)',
  )
  options = parser.parse_args(argv)
  times = [options.start + k * options.step for k in range(options.columns)]
  try:
    rows = [
      _row(path, times, options.height, options.crop) for path in options.videos
    ]
    picture = metric_writer.grid(rows)
  except ValueError as error:
    print(f'error: {error}', file=sys.stderr)
    return 1
  cv2.imwrite(str(options.output), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
  print(f'{options.output}: {len(rows)} videos, {len(times)} moments')
  return 0


def _row(path, times, height, crop) -> np.ndarray:
  """[n, height, w, 3] uint8: the frames shown at `times`."""
  left, top, right, bottom = crop or (0, 0, None, None)
  found = []
  for time, frame in media.read_frames(path):
    while len(found) < len(times) and time >= times[len(found)] - 1e-6:
      cut = frame[top:bottom, left:right]
      width = round(height * cut.shape[1] / cut.shape[0])
      found.append(cv2.resize(cut, (width, height)))
    if len(found) == len(times):
      return np.stack(found)
  raise ValueError(
    f'{path} ends before {times[-1]:.2f} s; choose fewer --columns or a '
    'smaller --step.'
  )


if __name__ == '__main__':
  sys.exit(main())
