"""Turns a folder of footage into a data set to train on, with Apache Beam.

python -m tools.prepare_beam --videos my_videos --output data/mine
"""

import argparse
import dataclasses
import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from input_pipeline import splits
from input_pipeline.preparation import beam_settings, prepare_facts
from tools import detectors, experts, footage_options, prepare_config

_EXAMPLE = """\
examples:
  python -m tools.prepare_beam --videos my_videos --output data/mine \\
    --direct_running_mode=multi_processing --direct_num_workers=8
  python -m tools.prepare_beam --videos /mnt/videos --output gs://BUCKET/mine \\
    --runner=DataflowRunner --project=P --region=R \\
    --temp_location=gs://BUCKET/tmp --sdk_container_image=IMAGE
  python -m tools.prepare_beam --videos my_videos --output data/mine \\
    --expert runs/expert --config.select.min_confidence=0.2

The same shards as `python -m tools.prepare` makes, on as many machines as
there are. OUTPUT may be on any file system that Beam knows. Options that are
not listed here are Beam's, which choose the runner (--runner=DataflowRunner,
FlinkRunner, SparkRunner). Workers need this package, and the videos (and
YuNet's model, and the expert) at the same paths as here.
No candidates stay, so there is no --rescore. On one machine tools.prepare is
the better choice: it goes on where it was stopped, and Beam's local runner
holds the whole data set in memory.

Run so far: on one machine, in one process and in several. Not run: Dataflow,
Flink, Spark, and outputs on gs:// or s3://.

exit codes: 0 done, 1 nothing was kept, 2 bad input or the pipeline failed,
130 stopped.
"""


def main(argv: list[str] | None = None) -> int:
  parser = _parser()
  arguments, words = parser.parse_known_args(argv)
  if arguments.help_config:
    print(prepare_config.describe())
    return 0
  for name in ('videos', 'output'):
    if not getattr(arguments, name):
      parser.error(f'--{name} is missing')
  ours = [word for word in words if word.startswith('--config')]
  others = [word for word in words if not word.startswith('--config')]
  try:
    rows = _prepare(arguments, prepare_config.read(ours), others)
  except (ValueError, OSError, RuntimeError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('Stopped.', file=sys.stderr)
    return 130
  return footage_options.say(rows, arguments.output.rstrip('/'))


def _prepare(
  arguments: argparse.Namespace,
  config: prepare_config.Config,
  words: Sequence[str],
) -> list[dict]:
  try:
    from input_pipeline.preparation import beam_run
  except ModuleNotFoundError as error:
    if (error.name or '').partition('.')[0] != 'apache_beam':
      raise
    raise ValueError(
      "Apache Beam is not installed: pip install -e '.[beam]' in the folder of "
      'this repository.'
    ) from error
  options = beam_run.read_options(words)
  found = footage_options.find(arguments)
  # Before hours of work: fails now when an argument makes no sense.
  splits.split_speakers([], arguments.validation_fraction)
  settings = _settings(arguments, config)
  return beam_run.run(
    found,
    arguments.output,
    settings,
    options=options,
    overwrite=arguments.overwrite,
  )


def _settings(
  arguments: argparse.Namespace, config: prepare_config.Config
) -> beam_settings.Settings:
  """What the workers need; expert and S3FD as functions that load them."""
  detector = detectors.load_s3fd(
    arguments.detector, arguments.s3fd, yunet=bool(arguments.yunet)
  )
  options = config.options(
    detector=arguments.detector,
    model_path=arguments.yunet and str(arguments.yunet),
  )
  settings = beam_settings.Settings(
    options=prepare_facts.settle(options, detector),
    thresholds=config.thresholds,
    validation_fraction=arguments.validation_fraction,
    load_scorer=_loader('scorer', arguments.expert),
    load_detector=_loader('s3fd_detector', arguments.s3fd),
  )
  if arguments.expert:
    expert = experts.load_scorer(
      arguments.expert, face_crop=footage_options.face_crop(arguments)
    )
    settings = dataclasses.replace(settings, expert=expert.about)
  return settings


def _loader(module: str, path: str | None) -> Callable[[], Any] | None:
  """Loads a network, on a worker that may not have `tools`."""
  if not path:
    return None
  found = importlib.import_module(f'lipsync_jax.{module}')
  return functools.partial(found.load, os.path.abspath(path))


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.prepare_beam',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,  # Beam has options that begin as ours do.
  )
  footage_options.add_arguments(parser)
  return parser


if __name__ == '__main__':
  sys.exit(main())
