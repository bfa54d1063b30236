"""Says why a run does not learn, and what to do about it.

python -m tools.diagnose --workdir runs/expert
"""

import argparse
import json
import sys
from typing import Any

from configs import common
from input_pipeline import whole_file
from tools import sync_options

_EXAMPLE = """\
examples:
  python -m tools.diagnose --workdir runs/expert
  python -m tools.diagnose --workdir runs/expert --expert runs/other \\
    --plot diagnosis.png

Read are the run's config.json, its log, its best checkpoint (or the newest) and
its data. What is likely wrong comes first, with what to do; then the numbers:
the loss beside that of guessing, offsets of the sound, how far apart true and
false pairs are, dead units, pictures and sound.

Offsets are those the data set was prepared with, and, with --expert, measured
now on 48 clips. Use an expert trained on other data: one that learnt from sound
that is off hears it as right.

The data are looked for where the run's config.json says, from the folder this
is started in; --data if they are elsewhere now.

exit codes: 0 done (whatever was found), 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  options = _parser().parse_args(arguments)
  try:
    sync_options.check_file('--plot', options.plot)
    _diagnose(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    return 130
  return 0


def _diagnose(options: argparse.Namespace) -> None:
  # Here, so that --help does not wait for JAX.
  from absl import flags

  from lipsync_jax import compilation_cache
  from lipsync_jax.judging import measure
  from lipsync_jax.training import diagnosis
  from lipsync_jax.training.diagnosis import opened, plot, words

  flags.FLAGS.mark_as_parsed()  # grain reads one
  compilation_cache.enable()
  config = opened.read_config(options.workdir, common.get_config())
  if options.data:
    config.data.directory = options.data
  subject = opened.load(options.workdir, config, options.split)
  facts = diagnosis.examine(
    subject,
    judge=measure.load(options.expert) if options.expert else None,
    own=opened.own_expert(options.workdir, subject),
    batches=options.batches,
  )
  found = diagnosis.findings(facts)
  if options.plot:
    whole_file.write(options.plot, plot.draw(facts))
  if options.json:
    content: dict[str, Any] = {
      'headline': diagnosis.headline(facts),
      'findings': [finding._asdict() for finding in found],
      'facts': words.plain(facts),
    }
    print(json.dumps(content, indent=2))
  else:
    print(words.report(facts, found))


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.diagnose',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--workdir', required=True, metavar='DIR', help='folder of the run')
  add('--split', metavar='NAME', help='default: what the run trains on')
  add('--data', metavar='DIR', help='where its data are now')
  add('--expert', metavar='RUN', help='another expert, to measure offsets')
  add(
    '--batches',
    type=_positive,
    default=4,
    metavar='N',
    help="batches of the run's size that an expert is tried on (default "
    '%(default)s)',
  )
  add('--json', action='store_true', help='print everything as JSON instead')
  add('--plot', metavar='FILE', help='draw it too: a PNG')
  return parser


def _positive(text: str) -> int:
  if not text.isdigit() or not int(text):
    raise argparse.ArgumentTypeError(f'{text!r} is no number above 0')
  return int(text)


if __name__ == '__main__':
  sys.exit(main())
