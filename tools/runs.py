"""Lists runs: state, progress, best metric, speed.

python -m tools.runs runs
"""

import argparse
import dataclasses
import datetime
import json
import math
import pathlib
import sys
import time
from typing import Any

_EXAMPLE = """\
examples:
  python -m tools.runs
  python -m tools.runs runs/sweep --watch 30
  python -m tools.runs --json | jq '.[] | select(.state == "failed")'

A run that is stopped or was killed goes on with the command that began it.

exit codes: 0 listed, 1 no such folder, 2 wrong command line.
"""
_HEAD = ('run', 'task', 'state', 'steps', 'best', 'speed', 'when')


def main(arguments: list[str] | None = None) -> int:
  options = _parser().parse_args(arguments)
  try:
    while True:
      text = _text(options)
      if options.watch:
        # Clears what a terminal shows.
        print('\x1b[2J\x1b[H' * sys.stdout.isatty(), end='')
      print(text, flush=True)
      if not options.watch:
        return 0
      time.sleep(options.watch)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    return 130


def _text(options: argparse.Namespace) -> str:
  # Here, so that --help does not wait for NumPy.
  from lipsync_jax import columns
  from lipsync_jax.training import runs

  found = [runs.read(path) for path in runs.find(options.folders)]
  if options.json:
    return json.dumps([dataclasses.asdict(run) for run in found], indent=2)
  if not found:
    return f'There are no runs in {", ".join(map(str, options.folders))}.'
  rows = [_HEAD]
  for run in found:
    steps = f'{run.step}/{run.num_steps or "?"}'
    rows.append(
      (run.workdir, run.task or '?', run.state, steps)
      + (_best(run), _speed(run), _when(run))
    )
  lines = [columns.aligned(rows)]
  lines += [f'{run.workdir}: {run.error}' for run in found if run.error]
  return '\n'.join(lines)


def _best(run: Any) -> str:
  if run.best is None:
    return '-'
  return f'{run.metric} {run.best:.4g} at {run.best_step}'


def _speed(run: Any) -> str:
  if run.seconds_per_step is None:
    return '-'
  text = f'{run.seconds_per_step:.3g} s/step'
  if run.examples_per_second is not None:
    text += f', {run.examples_per_second:.3g}/s'
  return text


def _when(run: Any) -> str:
  """The time to go of what runs; else when it last wrote."""
  if run.seconds_left is not None:
    left = datetime.timedelta(seconds=math.ceil(run.seconds_left))
    return f'{left} to go'
  return (run.written or '-')[:16].replace('T', ' ')


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.runs',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  add = parser.add_argument
  add(
    'folders',
    nargs='*',
    type=pathlib.Path,
    default=[pathlib.Path('runs')],
    metavar='FOLDER',
    help='runs, or folders of runs (default: runs)',
  )
  add('--json', action='store_true', help='all that is known, as JSON')
  add('--watch', type=_seconds, metavar='N', help='again every N seconds')
  return parser


def _seconds(text: str) -> float:
  try:
    value = float(text)
  except ValueError:
    value = 0.0
  if not 0 < value < math.inf:
    raise argparse.ArgumentTypeError(f'{text}: seconds, more than 0')
  return value


if __name__ == '__main__':
  sys.exit(main())
