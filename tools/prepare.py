"""Turns a folder of footage into a data set to train on, or chooses again.

python -m tools.prepare --videos my_videos --output data/mine
python -m tools.prepare --rescore data/mine --expert runs/expert
"""

import argparse
import errno
import sys

from input_pipeline import tracks, yunet_model
from input_pipeline.preparation import prepare, selection
from tools import detectors, experts, footage_options, prepare_config

_EXAMPLE = """\
examples:
  python -m tools.prepare --videos my_videos --output data/mine
  python -m tools.prepare --videos my_videos --output data/mine \\
    --expert runs/expert --config.select.max_shift=3
  python -m tools.prepare --rescore data/mine --expert runs/expert
  python -m tools.prepare --rescore data/mine --config.select.min_face=80

my_videos/ANNA/one.mp4, my_videos/BEN/two.mov, ...: one folder per speaker;
other arrangements: --layout. Every face in every shot is a candidate. What was
kept, and why not, is in OUTPUT/report.html and OUTPUT/manifest.jsonl.

With --expert the face that speaks is chosen, sound that is up to 6 frames early
or late is moved into place, and what does not fit is dropped. Without one, sync
is not checked: train an expert on the result, then --rescore with it.

The candidates stay in OUTPUT.candidates, about as large as OUTPUT: --rescore
chooses among them again without decoding a video (what --config does not name
stays as it was), and --overwrite decodes only videos that are new or changed.
Every number: --help-config.

exit codes: 0 done, 1 nothing was kept, 2 bad input, 130 stopped.
"""


def main(argv: list[str] | None = None) -> int:
  parser = _parser()
  arguments, words = parser.parse_known_args(argv)
  others = [word for word in words if not word.startswith('--config')]
  if others:
    parser.error(f'unrecognized arguments: {" ".join(others)}')
  if arguments.help_config:
    print(prepare_config.describe())
    return 0
  _check_together(parser, arguments)
  try:
    run = _rescore if arguments.rescore else _prepare
    rows = run(arguments, words)
  except (ValueError, OSError, RuntimeError) as error:
    print(f'error: {_words(error)}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('Stopped. The same command goes on from here.', file=sys.stderr)
    return 130
  return footage_options.say(rows, arguments.rescore or arguments.output)


def _words(error: Exception) -> str:
  if getattr(error, 'errno', None) == errno.ENOSPC:
    return 'the disk is full. Make room: the same command goes on from here.'
  return str(error)


def _prepare(arguments: argparse.Namespace, words: list[str]) -> list[dict]:
  config = prepare_config.read(words)
  detector = detectors.load_s3fd(
    arguments.detector,
    arguments.s3fd,
    yunet=bool(arguments.yunet or arguments.download_detector),
  )
  found = footage_options.find(arguments)
  if arguments.download_detector:
    arguments.yunet = yunet_model.download()
  if not arguments.expert and (judge := _judge_before(arguments.output)):
    print(
      f'Note: {arguments.output} was judged by the expert {judge!r}. Without '
      '--expert sync is not checked this time.'
    )
  return prepare.prepare(
    found,
    arguments.output,
    options=config.options(
      detector=arguments.detector,
      model_path=arguments.yunet and str(arguments.yunet),
    ),
    thresholds=config.thresholds,
    detector=detector,
    scorer=_scorer(arguments, footage_options.face_crop(arguments)),
    validation_fraction=arguments.validation_fraction,
    workers=arguments.workers,
    overwrite=arguments.overwrite,
    keep_candidates=not arguments.discard_candidates,
  )


def _judge_before(output: str) -> str | None:
  """The expert of a data set that is there and will be replaced."""
  try:
    expert = prepare.about(output)['expert']
  except FileNotFoundError:
    return None
  return expert and expert['run']


def _rescore(arguments: argparse.Namespace, words: list[str]) -> list[dict]:
  about = prepare.about(arguments.rescore)
  before = selection.Thresholds(**about['thresholds'])
  return prepare.rescore(
    arguments.rescore,
    thresholds=prepare_config.changed(words, before),
    # Of no faces, ours may be thought.
    scorer=_scorer(arguments, about['face_crop'] or tracks.FACE_CROP),
  )


def _scorer(arguments: argparse.Namespace, face_crop: str):
  if not arguments.expert:
    return None
  return experts.load_scorer(arguments.expert, face_crop=face_crop)


def _check_together(
  parser: argparse.ArgumentParser, arguments: argparse.Namespace
) -> None:
  """Ends with code 2 where an option is missing or does nothing."""
  if bool(arguments.videos) == bool(arguments.rescore):
    parser.error('give either --videos or --rescore')
  if arguments.videos and not arguments.output:
    parser.error('--videos needs --output')
  if arguments.rescore:
    useless = {
      name
      for name, value in vars(arguments).items()
      if value != parser.get_default(name)
    } - {'rescore', 'expert'}
    if useless:
      names = ', '.join(
        f'--{name.replace("_", "-")}' for name in sorted(useless)
      )
      parser.error(f'not with --rescore: {names}')


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.prepare',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  footage_options.add_arguments(parser)
  add = parser.add_argument
  add('--rescore', metavar='DATA', help='choose again in this data set')
  add(
    '--download-detector',
    action='store_true',
    help='fetch the YuNet model (230 kB) once, checked',
  )
  add(
    '--workers',
    type=int,
    help='processes (default: one per core); with s3fd threads of one process, '
    'which share the accelerator',
  )
  add(
    '--discard-candidates',
    action='store_true',
    help='remove OUTPUT.candidates in the end; no --rescore then',
  )
  return parser


if __name__ == '__main__':
  sys.exit(main())
