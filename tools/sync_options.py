"""What the commands of tools.sync share: an expert, a detector, many videos."""

import argparse
import json
import os
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import tqdm

from input_pipeline import whole_file
from input_pipeline.preparation import prepare_video
from tools import detectors, experts


class Tools(NamedTuple):
  """What videos are measured with.

  Attributes:
    judge: the expert, a `measure.Judge`.
    detector: finds faces.
    about: both, for JSON.
  """

  judge: Any
  detector: Any
  about: dict[str, Any]


def parser(commands: Any, name: str, *, about: str, **settings):
  """A command's parser, with the options that all have."""
  made = commands.add_parser(
    name,
    help=about,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    **settings,
  )
  add = made.add_argument
  add('videos', nargs='+', metavar='VIDEO')
  add(
    '--expert',
    required=True,
    metavar='DIR',
    help='run folder of configs/expert.py',
  )
  add('--json', metavar='FILE', help='write all that is known')
  detectors.add_arguments(made)
  add(
    '--detect-every',
    type=int,
    default=prepare_video.Options.detect_every,
    metavar='K',
    help='look for the face in every K-th frame (default %(default)s)',
  )
  return made


def least_confidence(parser) -> None:
  parser.add_argument(
    '--min-confidence',
    type=float,
    metavar='X',
    help='below it an offset is called undetermined (default: below what wrong '
    'sounds reach with the same pictures)',
  )


def load(options: argparse.Namespace) -> Tools:
  """Makes detector and expert, and prints which they are.

  Raises:
    ValueError, OSError: there is no such; or no folder for --json.
  """
  check_file('--json', options.json)
  detector = detectors.make(options)
  judge, about = experts.load(options.expert)
  print(f'Detector: {detector.name}.')
  from lipsync_jax import networks

  weights = networks.fingerprint(judge.variables, judge.similarity)
  expert = about | {'weights': weights}
  return Tools(judge, detector, {'expert': expert, 'detector': detector.name})


def check_file(option: str, path: str | None) -> None:
  """Before hours of work.

  Raises:
    ValueError: a file cannot be written there.
  """
  check_folder(option, path)
  if path and pathlib.Path(path).is_dir():
    raise ValueError(f'{option}: {path} is a folder.')


def check_folder(option: str, path: str | os.PathLike | None) -> None:
  """Before hours of work.

  Raises:
    ValueError: the folder of what is to be written is not there, or nothing can
      be written into it.
  """
  if not path:
    return
  folder = pathlib.Path(path).parent
  if not folder.is_dir():
    raise ValueError(f'{option}: there is no folder for {path}.')
  if not os.access(folder, os.W_OK):
    raise ValueError(f'{option}: {folder} cannot be written to.')


def each(
  videos: list[str], action: Callable[[str], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
  """What an action says of every video, with 'video'; or 'error'.

  Errors are printed, and do not keep the others from their turn.
  """
  for path in tqdm.tqdm(videos, unit='video', leave=False, disable=None):
    try:
      yield {'video': path} | action(path)
    except (ValueError, OSError) as error:
      why = str(error).removeprefix(f'{path}: ')
      tqdm.tqdm.write(f'error: {path}: {why}', file=sys.stderr)
      yield {'video': path, 'error': why}


def write_json(path: str | None, content: Any) -> None:
  """All of it or nothing; nothing without a path."""
  if path:
    whole_file.write(path, json.dumps(content, indent=2, allow_nan=False))


def check_plot(plot: str | None, videos: list[str], most: int) -> None:
  """Before hours of work.

  Raises:
    ValueError: it is neither a .png, for `most` videos, nor a folder.
  """
  if not plot:
    return
  check_folder('--plot', plot)
  if pathlib.Path(plot).is_file() and not plot.lower().endswith('.png'):
    raise ValueError(f'--plot: {plot} is a file.')
  one = plot.lower().endswith('.png')
  if one and len(videos) > most:
    raise ValueError(
      f'--plot: a picture holds {most} video{"s" * (most > 1)} at most; name a '
      'folder for one picture of each.'
    )
  if not one and pathlib.Path(plot).suffix:
    raise ValueError(f'--plot: {plot} is neither a .png nor a folder.')


def write_plots(plot: str | None, pictures: dict[str, bytes]) -> None:
  """Writes pictures by video: one to a .png, or all into a folder."""
  for name, picture in zip(names(pictures), pictures.values(), strict=True):
    path = plot
    if not plot.lower().endswith('.png'):
      os.makedirs(plot, exist_ok=True)
      path = os.path.join(plot, f'{name}.png')
    whole_file.write(path, picture)
    print(f'Drawn: {path}')


def names(paths: Iterable[str]) -> list[str]:
  """The stem of each path, numbered where several have the same."""
  found = []
  for path in paths:
    stem = name = pathlib.Path(path).stem
    count = 2
    while name in found:
      name, count = f'{stem}_{count}', count + 1
    found.append(name)
  return found
