"""`tools.sync fix`: sound moved to where the lips are."""

import argparse
import fractions
import os
import pathlib
import shutil
import sys
from typing import Any

import tqdm

from input_pipeline import alignment, media
from tools import sync_options

_EXAMPLE = """\
example:
  python -m tools.sync fix --expert runs/expert --output-dir fixed/ *.mp4

Measures each video, writes a copy with its sound moved by the offset found, and
measures that again. Nothing is coded anew: pictures, sound tracks, subtitles
and tags are copied as they are. Videos that are in sync are left alone, and so
are those whose offset is undetermined, unless --offset says what it is.

exit codes: 0 all are in sync now, 2 bad input, undetermined, or an offset that
is still there.
"""
_AGAIN = 2  # times that a moved sound is moved on
_KEPT = ('.mp4', '.m4v', '.mov', '.mkv')


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = sync_options.parser(
    commands,
    'fix',
    about='move the sound of videos into sync',
    description='Writes videos with their sound moved into sync.',
    epilog=_EXAMPLE,
  )
  parser.set_defaults(run=_fix)
  add = parser.add_argument
  add('--output', metavar='FILE', help='.mp4, .m4v, .mov or .mkv, of one video')
  add('--output-dir', metavar='DIR', help='for files of the same names')
  add(
    '--offset',
    type=int,
    metavar='FRAMES',
    help='by how many the sound leads (< 0: lags), instead of what is measured',
  )
  add('--copy', action='store_true', help='copy videos that are in sync, too')
  sync_options.least_confidence(parser)


def _fix(options: argparse.Namespace) -> int:
  targets = _targets(options)
  tools = sync_options.load(options)

  def fix(path: str) -> dict[str, Any]:
    return _Fixer(options, tools, path, targets[path]).run()

  rows = list(sync_options.each(options.videos, fix))
  sync_options.write_json(options.json, tools.about | {'videos': rows})
  wrong = [r for r in rows if 'error' in r or r['after'] not in (0, None)]
  return 2 if wrong else 0


class _Fixer:
  """One video."""

  def __init__(self, options, tools: sync_options.Tools, path, target):
    self._options, self._tools = options, tools
    self._path, self._target = path, target

  def run(self) -> dict[str, Any]:
    options = self._options
    found = self._measure(self._path, needed=options.offset is None)
    offset, words = options.offset, f'moved by {options.offset} frames, as told'
    if offset is None:
      if reason := found.reason(options.min_confidence):
        raise ValueError(
          f'undetermined: {reason}. Give --offset to move it all the same.'
        )
      offset, words = found.measured.offset, found.words(options.min_confidence)
    facts = {
      'before': _offset(found),
      'output': str(self._target),
    }
    if offset == 0:
      return facts | self._leave()
    facts |= self._move(offset)
    # Found within a frame; once the sound is near, perhaps to the frame.
    for _ in range(_AGAIN):
      if options.offset is None and facts['after']:
        facts |= self._move(facts['moved'] + facts['after'])
    self._say(facts, words)
    return facts

  def _move(self, offset: int) -> dict[str, Any]:
    delay = fractions.Fraction(offset, alignment.FPS)
    left_out = media.delayed(self._path, self._target, delay)
    after = _offset(self._measure(self._target, needed=False))
    return {'moved': offset, 'after': after, 'left_out': left_out}

  def _measure(self, path, *, needed: bool):
    """A judgement; None where there is none and none is needed."""
    from lipsync_jax.judging import measure_video

    try:
      return measure_video.measure(
        self._tools.judge,
        path,
        self._tools.detector,
        detect_every=self._options.detect_every,
      )
    except ValueError:  # no face, for instance
      if needed or not os.path.exists(path):
        raise
      return None

  def _leave(self) -> dict[str, Any]:
    facts = {'after': 0, 'output': None, 'left_out': []}
    what = 'left alone'
    if self._options.copy:
      what, facts['output'] = f'copied to {self._target}', str(self._target)
      facts['left_out'] = self._copy()
    tqdm.tqdm.write(f'{self._path}: in sync, {what}')
    self._say_left_out(facts['left_out'])
    return facts

  def _copy(self) -> list[str]:
    """Byte for byte, or into another kind of file; what was left out."""
    if self._target.suffix.lower() != pathlib.Path(self._path).suffix.lower():
      return media.delayed(self._path, self._target, fractions.Fraction(0))
    part = self._target.with_name(f'.{os.getpid()}.{self._target.name}')
    try:
      shutil.copyfile(self._path, part)
      os.replace(part, self._target)
    finally:
      part.unlink(missing_ok=True)
    return []

  def _say(self, facts: dict[str, Any], words: str) -> None:
    after = facts['after']
    now = 'nothing to measure' if after is None else f'offset {after:+d} frames'
    tqdm.tqdm.write(f'{self._path}: {words}\n  {self._target}: {now}')
    self._say_left_out(facts['left_out'])
    if after:
      tqdm.tqdm.write(
        f'error: {self._target}: still {after:+d} frames off', file=sys.stderr
      )

  def _say_left_out(self, streams: list[str]) -> None:
    for stream in streams:
      tqdm.tqdm.write(f'  without its {stream}, which cannot be copied')


def _offset(judgement: Any) -> int | None:
  """None where nothing was measured: no face, or silence."""
  measured = judgement and judgement.measured
  return measured and measured.offset


def _targets(options: argparse.Namespace) -> dict[str, pathlib.Path]:
  """Where each video goes.

  Raises:
    ValueError: it is not said, or two have one name.
  """
  if bool(options.output) == bool(options.output_dir):
    raise ValueError('Give --output FILE or --output-dir DIR.')
  if options.output:
    if len(options.videos) > 1:
      raise ValueError('--output is for one video; give --output-dir DIR.')
    sync_options.check_file('--output', options.output)
    if pathlib.Path(options.output).suffix.lower() not in _KEPT:
      raise ValueError(
        f'{options.output}: the name must end in one of {", ".join(_KEPT)}.'
      )
    targets = {options.videos[0]: pathlib.Path(options.output)}
  else:
    folder = pathlib.Path(options.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    sync_options.check_folder('--output-dir', folder / 'any')
    targets = {path: folder / _name(path) for path in options.videos}
  taken = {}
  for path, target in targets.items():
    if (other := taken.setdefault(target, path)) != path:
      raise ValueError(f'{path} and {other} would both become {target}.')
    if target.exists() and os.path.exists(path) and target.samefile(path):
      raise ValueError(f'{path}: would be replaced; choose another folder.')
  return targets


def _name(path: str) -> str:
  """Its own, or that of the kind of file that holds everything."""
  name = pathlib.Path(path)
  return name.name if name.suffix.lower() in _KEPT else f'{name.stem}.mkv'
