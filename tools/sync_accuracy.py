"""`tools.sync accuracy`: how good an expert is."""

import argparse
import json
import pathlib
from typing import Any

from input_pipeline import shards, tracks, whole_file
from tools import experts, sync_options

_ACCURACY = """\
example:
  python -m tools.sync accuracy --expert runs/expert --data DIR --plot roc.png

All clips are taken to be in sync. Offset: the share of positions whose best
offset of +-15 frames is within one of the truth, mean over clips; longer spans
are averages of 5-frame scores, and positions outside the clip do not count.
"In place" is VocaLiST's criterion, of clips as they are: the truth is always 0.
"Moved" judges each clip also with its sound 6 frames early and late, which an
expert that always answers 0 does not survive; training prints it as
val/offset_accuracy_*.

Pairs: a picture with its own sound, or with one 2 to 15 frames away in the same
clip, or with one of another clip. Right: with the best threshold, true and
false pairs weighing the same (chance 50); held out: with the threshold that is
best for the other half of the clips. EER: errors where both kinds are equally
many. AUC: how often a true pair outdoes a false one.

exit codes: 0 done, 2 bad input.
"""
# Percent at 5..15 frames on LRS2 by the criterion 'in place' (table of
# VocaLiST, Kadandale et al., 2022).
_LRS2 = {
  'SyncNet': (75.8, 82.3, 87.6, 91.8, 94.5, 96.1),
  'VocaLiST': (92.8, 96.7, 98.4, 99.3, 99.6, 99.8),
}
_KINDS = {'same_clip': 'pairs within a clip', 'two_clips': 'with another clip'}
_COLUMNS = {
  'accuracy': 'right',
  'accuracy_held_out': 'held out',
  'equal_error_rate': 'EER',
  'area': 'AUC',
}


def add(commands: Any) -> None:
  """Adds the command to a parser's."""
  parser = commands.add_parser(
    'accuracy',
    help='how good an expert is, on a prepared data set',
    description='How often an expert finds the offset and tells pairs apart.',
    epilog=_ACCURACY,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.set_defaults(run=_measure)
  add = parser.add_argument
  add(
    '--expert',
    required=True,
    metavar='RUN',
    help='run folder of configs/expert.py',
  )
  add('--data', required=True, metavar='DIR', help='from tools.prepare')
  add('--split', default='validation', help='default %(default)s')
  add('--json', metavar='FILE', help='write all that is known')
  add('--plot', metavar='FILE', help='draw it: a PNG')


def _measure(options: argparse.Namespace) -> int:
  for name in ('json', 'plot'):
    sync_options.check_file(f'--{name}', getattr(options, name))
  source = shards.load_split(options.data, options.split)
  metadata = pathlib.Path(options.data) / 'metadata.json'
  data = json.loads(metadata.read_text()) if metadata.exists() else {}
  judge, about = experts.load(
    options.expert, face_crop=data.get('face_crop', tracks.FACE_CROP)
  )
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import networks
  from lipsync_jax.judging import accuracy_plot, expert_accuracy

  about['weights'] = networks.fingerprint(judge.variables, judge.similarity)
  found = expert_accuracy.measure_clips(
    expert_accuracy.embed(judge, source), similarity=judge.similarity
  )
  print(
    f'Fingerprint {about["weights"]}. {found["clips"]} clips of '
    f'{found["videos"]} videos ({options.data}, {options.split}), '
    f'{found["windows"]} windows.\n\n{_table(found)}'
  )
  content = {'expert': about, 'data': options.data, 'split': options.split}
  sync_options.write_json(options.json, content | found)
  if options.plot:
    drawn = accuracy_plot.draw(found, about, lrs2=_LRS2)
    whole_file.write(options.plot, drawn)
  return 0


def _table(found: dict[str, Any]) -> str:
  kinds = [kind for kind in _KINDS if kind in found['pairs']]
  offsets, clip = found['offsets'], found['clip']
  lines = [
    f'{"":8}{"offset found":>16}'
    + ''.join(f'  {_KINDS[kind]:>31}' for kind in kinds),
    'frames  in place   moved' + _cells(*_COLUMNS.values()) * len(kinds),
  ]
  for span in offsets['in_place']:
    line = f'{span:>6}  {_percent(offsets["in_place"][span]):>8}'
    line += f'{_percent(offsets["moved"][span]):>8}'
    for kind in kinds:
      told = found['pairs'][kind][span]
      line += _cells(*(_percent(told[name]) for name in _COLUMNS))
    lines.append(line)
  lines += [
    f'{"clip":>6}  {_percent(clip["found"]):>8}'
    f'{_percent(offsets["moved"]["clip"]):>8}'
    f'  exactly 0: {_percent(clip["exact"])}, '
    f'confidence {clip["confidence"]:.3f}',
    'Percent. Of other data (LRS2), in place, 5 to 15 frames:',
  ]
  for name, row in _LRS2.items():
    lines.append(f'  {name}: {", ".join(map(str, row))}')
  return '\n'.join(lines)


def _cells(right: str, held_out: str, equal_errors: str, area: str) -> str:
  return f'  {right:>7}{held_out:>10}{equal_errors:>7}{area:>7}'


def _percent(share: float | None) -> str:
  return '-' if share is None else f'{100 * share:.1f}'
