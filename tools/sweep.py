"""Runs a W&B sweep file on this machine, without W&B.

  python -m tools.sweep configs/sweeps/expert.yaml --output runs/sweep \
    --count 8 -- --config.data.directory=data/mine
"""

import argparse
import pathlib
import sys

_EXAMPLE = """\
examples:
  python -m tools.sweep configs/sweeps/expert.yaml --output runs/sweep \\
    --count 8 -- --config.data.directory=data/mine
  python -m tools.sweep mine.yaml --output runs/grid --method grid --jobs 2

Every trial is a run in OUTPUT/0000, OUTPUT/0001, ...: its parameters and what
became of it are in trial.json, what it printed in log.txt. The commands are
those that W&B's agent runs, but for the words after --, --workdir and, where
the file says online, --config.wandb.mode=disabled.

Stopped or killed, the same command goes on: finished trials are not repeated,
the others resume. A larger --count adds trials.

--jobs 2 on one GPU or TPU: a process takes most of its memory; set
XLA_PYTHON_CLIENT_MEM_FRACTION=0.4, or use one.

exit codes: 0 all trials finished, 1 some failed, or an error, 2 wrong command
line, 130 stopped.
"""


def main(arguments: list[str] | None = None) -> int:
  arguments = list(sys.argv[1:] if arguments is None else arguments)
  words = []
  if '--' in arguments:
    at = arguments.index('--')
    arguments, words = arguments[:at], arguments[at + 1 :]
  options = _parser().parse_args(arguments)
  try:
    return _run(options, words)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    print('Stopped; the same command goes on.', file=sys.stderr)
    return 130


def _run(options: argparse.Namespace, words: list[str]) -> int:
  # Here, so that --help does not wait for NumPy.
  from lipsync_jax.sweeps import description, folder, runner, trials

  sweep = description.read(options.sweep)
  method = options.method or sweep.method
  if method == 'bayes':
    print("bayes needs W&B's server; here trials are drawn at random.")
    method = 'random'
  output = options.output
  planned = trials.plan(
    sweep,
    output,
    method=method,
    count=options.count or sweep.count,
    seed=options.seed,
  )
  about = {
    'method': method,
    'seed': options.seed,
    'metric': [sweep.metric, sweep.goal],
    'parameters': sweep.parameters,
    'command': sweep.command,
    'words': words,
  }
  folder.note(output, about)
  given = {word.lstrip('-').partition('=')[0] for word in words}
  if given := sorted(given & set(sweep.parameters)):
    print(f'{", ".join(given)}: what follows -- wins over the file.')
  sweeper = runner.Sweeper(
    sweep, planned, output, words=words, jobs=options.jobs, say=_say
  )
  try:
    sweeper.run(retry=options.retry)
  finally:
    print(trials.table(planned, sweep))
    print(f'Written to {output / "results.jsonl"}.')
  return int(any(trial.state != trials.FINISHED for trial in planned))


def _say(line: str) -> None:
  print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.sweep',
    usage='%(prog)s [options] FILE --output DIR [-- WORD ...]',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  add = parser.add_argument
  add('sweep', metavar='FILE', help='YAML, as for `wandb sweep`')
  add('--output', required=True, type=pathlib.Path, metavar='DIR')
  add(
    '--count',
    type=_positive,
    metavar='N',
    help='trials at most (default: run_cap of the file; all of a grid)',
  )
  add('--method', choices=('grid', 'random'), help='default: as in the file')
  add('--jobs', type=_positive, default=1, help='trials at a time (default: 1)')
  add('--seed', type=int, default=0, help='of random values (default: 0)')
  add('--retry', action='store_true', help='try again what failed')
  return parser


def _positive(text: str) -> int:
  if not text.isdigit() or not int(text):
    raise argparse.ArgumentTypeError(f'{text}: a number from 1 on')
  return int(text)


if __name__ == '__main__':
  sys.exit(main())
