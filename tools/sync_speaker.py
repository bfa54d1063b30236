"""`tools.sync speaker`: who speaks when, of the faces that are seen."""

import argparse
import dataclasses
from typing import Any

import numpy as np
import tqdm

from tools import sync_options

_EXAMPLE = """\
example:
  python -m tools.sync speaker --expert runs/expert --plot who.png talk.mp4

Five times a second every face is compared with the second of sound around, at
the one offset that the whole file has. The face that fits best speaks, if it
fits better than nine in ten wrong offsets; else it is undetermined who does.
Where there is no speech, nobody speaks.

exit codes: 0 done, 2 bad input (the other videos are done).
"""
# What is known of a silent video.
_NOTHING = {
  'offset': None,
  'level': None,
  'segments': [],
  'tracks': [],
  'speech': [],
}


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = sync_options.parser(
    commands,
    'speaker',
    about='who speaks when, of several faces',
    description='Finds out which face speaks, second by second.',
    epilog=_EXAMPLE,
  )
  parser.set_defaults(run=_find)
  parser.add_argument(
    '--plot',
    metavar='PATH',
    help='draw who speaks when: a .png of one video, or a folder for several',
  )


def _find(options: argparse.Namespace) -> int:
  sync_options.check_plot(options.plot, options.videos, 1)
  tools = sync_options.load(options)
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.judging import measure_video, speaker, speaker_plot

  pictures = {}

  def find(path: str) -> dict[str, Any]:
    try:
      found = speaker.find(
        tools.judge, path, tools.detector, detect_every=options.detect_every
      )
    except measure_video.SilentError:
      tqdm.tqdm.write(f'{path}: nobody speaks: the sound is silent')
      return _NOTHING
    tqdm.tqdm.write(_lines(path, found))
    if options.plot:
      pictures[path] = speaker_plot.draw(found)
    return about(found)

  rows = list(sync_options.each(options.videos, find))
  sync_options.write_json(options.json, tools.about | {'videos': rows})
  sync_options.write_plots(options.plot, pictures)
  return 2 if any('error' in row for row in rows) else 0


def _lines(path: str, found: Any) -> str:
  count = len(found.faces)
  lines = [
    f'{path}: {count} face{"s" * (count > 1)}, offset {found.offset:+d} frames'
  ]
  for part in found.segments:
    who = part.who
    if part.track is not None:
      x, y, _ = part.box
      who = (
        f'face {part.track} at ({x:.0f}, {y:.0f}) speaks, confidence '
        f'{part.confidence:.2f}'
      )
    lines.append(f'  {part.start:7.2f} .. {part.end:7.2f} s  {who}')
  return '\n'.join(lines)


def about(found: Any) -> dict[str, Any]:
  """All that is known, as JSON values."""
  keys = ('track', 'shot', 'start', 'end', 'offset', 'confidence', 'box')
  return {
    'offset': found.offset,
    'level': found.level if np.isfinite(found.level) else None,
    'segments': [dataclasses.asdict(part) for part in found.segments],
    'tracks': [
      {key: face.row[key] for key in keys}
      | {
        'first_frame': face.first,
        'frame_confidence': _numbers(face.confidences),
      }
      for face in found.faces
    ],
    'speech': [bool(value) for value in found.speech],
  }


def _numbers(values: np.ndarray) -> list[float | None]:
  return [None if np.isnan(v) else round(float(v), 4) for v in values]
