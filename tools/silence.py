"""How open a generator leaves the mouth when it hears nothing.

  python -m tools.silence --checkpoint runs/wav2lip --data DIR

draws every clip of DIR (what tools.prepare wrote) with digital silence and with
its own sound, and prints how open the mouth is, on the scale of the person's
own: 0 is the shut mouth, 1 its mean opening while speaking. The training prints
the same of its validation clips as val/silence_*.
"""

import argparse
import sys

import jax

from input_pipeline import shards
from lipsync_jax import checkpoint, compilation_cache, networks
from lipsync_jax.judging import picture_quality, silence

_MEANINGS = {
  'silence_opening': 'opening when it hears silence, mean',
  'silence_most': 'the same, highest of a clip',
  'silence_truth': 'opening of the people themselves in their pauses',
  'silence_motion': 'motion of the lips in silence, as a part of that with '
  'sound',
}


def main(argv: list[str] | None = None) -> int:
  options = _parse(argv)
  compilation_cache.enable()
  try:
    network, variables, description = networks.load(
      options.checkpoint, 'generator'
    )
    source = shards.load_split(options.data, options.split)
  except (checkpoint.CheckpointError, OSError, ValueError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  found = silence.measure(
    source,
    picture_quality.make_draw(network, jax.device_put(variables)),
    image_size=description['image_size'],
    sound=network.sound,
    stills=network.stills,
  )
  if not found:
    print(
      f'error: no clip of {options.data} shows a mouth that opens and shuts '
      'while somebody speaks; there is no scale to measure by.',
      file=sys.stderr,
    )
    return 2
  for name, meaning in _MEANINGS.items():
    if name in found:
      print(f'{found[name]:6.3f}  {meaning}')
  return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
  parser = argparse.ArgumentParser(
    prog='python -m tools.silence',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--checkpoint', required=True, metavar='RUN', help='of a training run')
  add('--data', required=True, metavar='DIR', help='from tools.prepare')
  add('--split', default='validation', help='default %(default)s')
  return parser.parse_args(argv)


if __name__ == '__main__':
  sys.exit(main())
