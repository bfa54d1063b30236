r"""What fine-tuning to one speaker changed, on clips it was not shown.

  python -m tools.personal --run runs/anna --expert runs/other_expert \
    --output anna.png

prints the quality and the sync of the generator before and after, beside the
truth, and draws a strip of both: before, after, truth. Runs are those of
configs/personalize.py. An expert that taught neither network judges best.
"""

import argparse
import pathlib
import sys

import cv2
import numpy as np

from lipsync_jax import compilation_cache
from lipsync_jax.judging import before_after, measure


def main(argv: list[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    prog='python -m tools.personal',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--run', required=True, metavar='RUN', help='of configs/personalize.py')
  add('--expert', required=True, metavar='RUN', help='judges sync')
  add('--data', default='', metavar='DIR', help='default: that of the run')
  add('--output', type=pathlib.Path, help='a strip, .png or .jpg')
  add('--clip', type=int, default=0, help='of the strip (default %(default)s)')
  add('--columns', type=int, default=10, help='default %(default)s')
  options = parser.parse_args(argv)
  out = options.output
  if out and out.suffix.lower() not in ('.png', '.jpg'):
    parser.error('--output: choose a name that ends in .png or .jpg')
  if out and not out.absolute().parent.is_dir():
    parser.error(f'--output: there is no folder for {out}')
  if options.columns < 1:
    parser.error('--columns must be more than 0')
  compilation_cache.enable()
  try:
    comparison = before_after.Comparison(options.run, options.data)
    judge = measure.load(options.expert, distances=True)
  except (OSError, ValueError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 1
  clips = len(comparison.parts.held_out)
  if not 0 <= options.clip < clips:
    parser.error(f'--clip: choose 0 to {clips - 1}')
  print(f'{comparison.parts.report}; step {comparison.step}.\n')
  print(before_after.markdown(comparison.table(judge)))
  if out:
    moments = np.linspace(0.1, 0.9, options.columns)
    picture = comparison.strip(options.clip, moments.tolist())
    cv2.imwrite(str(out), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
  return 0


if __name__ == '__main__':
  sys.exit(main())
