"""Prints what networks and run folders are: sizes, cost, inputs, licences.

python -m tools.describe --config=configs/wav2lip.py:gan
python -m tools.describe --config=configs/wav2lip.py:gan --tpu
"""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

import tqdm

_EXAMPLE = """\
examples:
  python -m tools.describe --config=configs/wav2lip.py:gan \\
    --config.image_size=192
  python -m tools.describe --config=configs/wav2lip.py:gan --tpu
  python -m tools.describe --checkpoint runs/expert

--config.FIELD=VALUE changes any field, as in training. Nothing is allocated and
nothing compiled, so every size works on every machine.

GFLOP is of one forward pass of one example (an expert: five frames), twice the
multiply-adds, as XLA counts them: without the products with the zeros of
padding, which usual counts include (the Wav2Lip generator: 7.49 for 7.93).

--tpu lowers the training step for a TPU, which need not be there, and says what
it would have to move and pad, and how long a step takes by the published peaks.
It is that of bfloat16 unless --config.dtype is given.

exit codes: 0 done, 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options, others = parser.parse_known_args(arguments)
  if options.checkpoint and others:
    parser.error(f'unknown arguments: {" ".join(others)}')
  if options.checkpoint and options.tpu:
    parser.error('--tpu goes with --config')
  try:
    if options.checkpoint:
      _print_run(options.checkpoint)
    else:
      _print_config([f'--config={options.config}', *others], tpu=options.tpu)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    return 130
  return 0


def _print_config(words: list[str], *, tpu: bool) -> None:
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import config_flag, specs

  config = config_flag.read(words)
  if tpu and not any(w.lstrip('-').startswith('config.dtype') for w in words):
    config.dtype = 'bfloat16'  # what one trains in there
  described = specs.from_config(config)
  _print_table(described)
  if tpu:
    from lipsync_jax.tpu import report

    print(f'\n{report.tables(config, described)}')


def _print_run(workdir: str) -> None:
  from lipsync_jax import describe

  facts, specs = describe.run(workdir)
  width = max(map(len, facts))
  print(workdir)
  for name, fact in facts.items():
    print(f'  {name:{width}}  {fact}')
  print()
  _print_table(specs)


def _print_table(specs: Mapping[str, dict[str, Any]]) -> None:
  from lipsync_jax import describe

  bar = tqdm.tqdm(specs, unit='network', leave=False, disable=None)
  print(describe.table([describe.describe(name, specs) for name in bar]))


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.describe',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  what = parser.add_mutually_exclusive_group(required=True)
  what.add_argument(
    '--config', metavar='FILE[:VARIANT]', help='a file in configs/'
  )
  what.add_argument('--checkpoint', metavar='DIR', help='a run folder')
  parser.add_argument(
    '--tpu',
    action='store_true',
    help='what a TPU would make of the training step; none is needed',
  )
  return parser


if __name__ == '__main__':
  sys.exit(main())
