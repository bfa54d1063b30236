"""Measures generators by a pinned protocol: dubs, measures, reports.

  python -m tools.evaluate --protocol configs/protocols/clips_val.toml \\
    --data videos/val --system wav2lip=runs/wav2lip --expert runs/expert \\
    --output runs/evaluated

PROTOCOL is a TOML file (see configs/protocols), or a list of pairs as Wav2Lip's
evaluation has them (lrs2.txt, lrs3.txt, lrw.txt, ReSyncED's). Every system is
measured beside the videos as they are and unmodified ones; --output gets
results.json, summary.csv, clips.csv, report.md and report.html. What was done
before with the same protocol, footage and weights is not done again.
"""

import argparse
import functools
import pathlib
import sys
import time

import tqdm

from tools import detectors

_END = """\
exit codes: 0 done, 1 some clips failed (the report says which), 2 bad input,
130 stopped; the same command goes on where it was.
"""


def main(argv: list[str] | None = None) -> int:
  options = _parser().parse_args(argv)
  try:
    return _run(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nStopped; the same command goes on.', file=sys.stderr)
    return 130


def _run(options: argparse.Namespace) -> int:
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.evaluation import benchmark, engine, protocol_file

  if options.workers < 1:
    raise ValueError('--workers: choose 1 or more.')
  chosen = protocol_file.read(options.protocol)
  if options.limit is not None:
    chosen = chosen.first(options.limit)
  order = engine.Options(
    protocol=chosen,
    root=_footage(options, chosen),
    folder=options.output,
    systems=_systems(options.system),
    detector=functools.partial(
      detectors.make,
      argparse.Namespace(
        detector=options.detector, yunet=options.yunet, s3fd=options.s3fd
      ),
    ),
    expert=options.expert,
    syncnet=options.syncnet,
    inception=options.inception,
    lpips=options.lpips,
    landmarks=options.landmarks,
  )
  begun = time.monotonic()
  bench = benchmark.Benchmark(order, progress=_progress('checksums', 'file'))
  print('\n'.join(bench.says()), flush=True)
  with tqdm.tqdm(
    total=bench.total, initial=bench.done, unit='clip', disable=None
  ) as bar:
    for item in bench.run(workers=options.workers):
      bar.set_postfix_str(item.row)
      bar.update()
  found = bench.write()
  print(bench.markdown(found))
  spent = time.monotonic() - begun
  if bench.seconds:
    print(
      f'{bench.seconds:.0f} s of video made and measured in {spent:.0f} s: '
      f'{bench.seconds / spent:.2f} video-seconds a second.'
    )
  print(f'Open {options.output / "report.html"}')
  return int(any('error' in clip for clip in found['clips']))


def _progress(what: str, unit: str):
  return functools.partial(tqdm.tqdm, desc=what, unit=unit, disable=None)


def _systems(words: list[str]) -> dict[str, str]:
  """'name=run' and so on.

  Raises:
    ValueError: a name is missing, double or reserved.
  """
  from lipsync_jax.evaluation import items

  found: dict[str, str] = {}
  for word in words:
    name, equals, run = word.partition('=')
    if not equals:
      name, run = pathlib.Path(word).name, word
    if not name or '/' in name or name.startswith('.'):
      raise ValueError(f'--system {word}: write it as NAME=RUN.')
    if name in (*found, items.GROUND_TRUTH, items.UNMODIFIED):
      raise ValueError(f'--system {word}: the name {name!r} is taken.')
    found[name] = run
  return found


def _footage(options: argparse.Namespace, chosen) -> pathlib.Path:
  """The folder of the footage, made if the protocol says how."""
  if options.data is None and not chosen.synthesize:
    raise ValueError('--data: give the folder of the footage.')
  folder = options.data or options.output / 'talkers'
  if chosen.synthesize:
    from tools import synthesize

    words = [
      word
      for name, value in chosen.synthesize.items()
      for word in (f'--{name}', f'{value}')
    ]
    synthesize.main(['--output', str(folder), *words])
  if not folder.is_dir():
    raise ValueError(f'--data {folder}: no such folder.')
  return folder


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.evaluate',
    description=__doc__,
    epilog=_END,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--protocol', required=True, metavar='FILE', help='.toml or .txt')
  add('--data', type=pathlib.Path, metavar='DIR', help='the footage')
  add('--output', type=pathlib.Path, required=True, metavar='DIR')
  add(
    '--system',
    action='append',
    default=[],
    metavar='NAME=RUN',
    help='run folder of a generator; once for each',
  )
  add(
    '--limit',
    type=int,
    metavar='N',
    help='only the first N pairs with their own '
    'sound and the first N with another',
  )
  add('--workers', type=int, default=1, help='processes (default %(default)s)')
  judges = parser.add_argument_group('judges')
  add = judges.add_argument
  add('--expert', metavar='RUN', help='sync expert')
  add('--syncnet', metavar='DIR', help='imported SyncNet v2, for LSE-D, LSE-C')
  add('--inception', metavar='DIR', help='imported Inception, for FID')
  add('--lpips', metavar='DIR', help='imported LPIPS')
  add(
    '--landmarks',
    action='store_true',
    help='LMD (needs the extra of that name)',
  )
  detectors.add_arguments(parser.add_argument_group('faces'))
  return parser


if __name__ == '__main__':
  sys.exit(main())
