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
    prog='python -m tools.strip',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
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
  if options.columns < 1 or options.height < 1 or options.step <= 0:
    parser.error('--columns, --height and --step must be more than 0')
  if options.output.suffix.lower() not in ('.png', '.jpg'):
    parser.error('--output: choose a name that ends in .png or .jpg')
  if not options.output.absolute().parent.is_dir():
    parser.error(f'--output: there is no folder for {options.output}')
  times = [options.start + k * options.step for k in range(options.columns)]
  try:
    rows = [
      _row(path, times, options.height, options.crop) for path in options.videos
    ]
    if len({row.shape for row in rows}) > 1:
      raise ValueError(
        'The videos differ in shape; give --crop a part that all have.'
      )
    picture = metric_writer.grid(rows)
  except ValueError as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  cv2.imwrite(str(options.output), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
  print(f'{options.output}: {len(rows)} videos, {len(times)} moments')
  return 0


def _row(path, times, height, crop) -> np.ndarray:
  """[n, height, w, 3] uint8: the frames shown at `times`."""
  left, top, right, bottom = crop or (0, 0, None, None)
  found = []
  for time, frame in media.read_frames(path, start=times[0]):
    while len(found) < len(times) and time >= times[len(found)] - 1e-6:
      cut = frame[top:bottom, left:right]
      if not cut.size:
        raise ValueError(
          f'--crop leaves nothing of {path}, which is {frame.shape[1]} pixels '
          f'wide and {frame.shape[0]} high.'
        )
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
