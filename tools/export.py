"""Writes a generator or an expert as a file that runs without this package.

python -m tools.export --checkpoint runs/wav2lip --format onnx \\
  --output generator.onnx
"""

import argparse
import os
import sys

_EXAMPLE = """\
examples:
  python -m tools.export --checkpoint runs/wav2lip --format onnx \\
    --output generator.onnx
  python -m tools.export --checkpoint runs/expert --network expert \\
    --format tflite --output expert.tflite

Any batch size goes in. Pictures are uint8 RGB as they are: what the network
needs of scaling, masking and rounding is in the file. FILE.json beside it says
what every input and output is, what the weights were trained on and under which
licences. The file is loaded back and run on random input, and the largest
difference to the network in JAX is printed; a file that differs by more than
rounding is not kept.

StableHLO needs nothing else; onnx and tflite need pip install -e '.[export]'
(TensorFlow among it, for tflite, where Python is older than 3.14).

exit codes: 0 done, 2 bad input (nothing was written).
"""


def main(arguments: list[str] | None = None) -> int:
  options = _parser().parse_args(arguments)
  try:
    _export(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nStopped; nothing was written.', file=sys.stderr)
    return 130
  return 0


def _export(options: argparse.Namespace) -> None:
  # Here, so that --help does not wait for JAX; TensorFlow logs hardware.
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  from lipsync_jax import provenance
  from lipsync_jax.exporting import export

  print(f'Writing {options.output} ...', flush=True)
  exported = export.export(
    options.checkpoint,
    options.output,
    format=options.format,
    network=options.network,
  )
  about = exported.about
  print(f'{about["network"]} ({about["spec"]["module"]}), step {about["step"]}')
  for kind in ('inputs', 'outputs'):
    for tensor in about[kind]:
      sizes = ', '.join(['n', *map(str, tensor['shape'])])
      print(f'{kind[:-1]:>8}  {tensor["name"]} {tensor["dtype"]} [{sizes}]')
  for one in exported.parity:
    of = '255' if one.whole else f'{one.largest:.3g}'
    print(
      f'  parity  {one.name}: largest difference to JAX {one.difference:.3g} '
      f'of {of} ({one.differing} of {one.count} numbers differ)'
    )
  licence = '; '.join(provenance.licences(about['data']))
  print(f'Licence: {licence or "not known"}.')
  megabytes = exported.path.stat().st_size / 1e6
  print(f'Done: {exported.path} ({megabytes:.1f} MB), {exported.path}.json')


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.export',
    description='Writes a network as a file that runs without this package.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--checkpoint', required=True, metavar='RUN', help='run folder to read')
  add(
    '--network',
    metavar='NAME',
    help='of the run: generator (the default, if there is one) or expert',
  )
  add('--format', required=True, choices=('stablehlo', 'onnx', 'tflite'))
  add('--output', required=True, metavar='FILE', help='file to write')
  return parser


if __name__ == '__main__':
  sys.exit(main())
