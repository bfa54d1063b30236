"""Draws what a run has measured, over its steps.

python -m tools.curves --workdir runs/expert --output curves.png

A panel for each measure, training and validation together. --only chooses:
`--only loss offset_accuracy_5`.
"""

import argparse
import io
import pathlib
import sys
from collections.abc import Sequence

import matplotlib.figure

from input_pipeline import whole_file
from lipsync_jax import metric_writer

_COLUMNS = 3
# They say how it was trained, not how good it is.
_NOT_SHOWN = ('_norm', '_learning_rate')

# Steps and values, by 'train' and 'val'.
Panel = dict[str, tuple[list[int], list[float]]]


def main(argv: Sequence[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    prog='python -m tools.curves',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--workdir', type=pathlib.Path, required=True, help='of a run')
  add('--output', type=pathlib.Path, required=True, help='.png to write')
  add('--only', nargs='+', metavar='NAME', help='measures, without train/')
  options = parser.parse_args(argv)
  try:
    panels = measures(options.workdir, options.only)
    whole_file.write(options.output, draw(panels))
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  print(f'Drawn: {options.output}')
  return 0


def measures(
  workdir: pathlib.Path, only: Sequence[str] | None = None
) -> dict[str, Panel]:
  """What a run has measured, by name.

  Args:
    workdir: of the run.
    only: names; None: all but learning rates and norms.

  Raises:
    ValueError: there is none of that name, or nothing at all yet.
    OSError: there is no such run.
  """
  found: dict[str, Panel] = {}
  for row in metric_writer.read(workdir / 'metrics.jsonl'):
    for key, value in row.items():
      split, _, name = key.partition('/')
      if split not in ('train', 'val'):
        continue
      panel = found.setdefault(name, {})
      steps, values = panel.setdefault(split, ([], []))
      steps.append(row['step'])
      values.append(value)
  unknown = set(only or ()) - set(found)
  if unknown or not found:
    raise ValueError(
      f'{workdir} has not measured {", ".join(sorted(unknown)) or "anything"}; '
      f'it has {", ".join(sorted(found)) or "no step yet"}.'
    )
  names = only or [n for n in sorted(found) if not n.endswith(_NOT_SHOWN)]
  return {name: found[name] for name in names}


def draw(panels: dict[str, Panel]) -> bytes:
  """A PNG."""
  columns = min(_COLUMNS, len(panels))
  rows = -(-len(panels) // columns)
  figure = matplotlib.figure.Figure(
    figsize=(4 * columns, 2.6 * rows), layout='constrained'
  )
  for axis in figure.subplots(rows, columns, squeeze=False).flat:
    axis.set_axis_off()
  for axis, (name, panel) in zip(figure.axes, panels.items(), strict=False):
    axis.set_axis_on()
    for split, (steps, values) in panel.items():
      axis.plot(steps, values, '.-', label=split)
    axis.set(title=name, xlabel='step')
    axis.grid(alpha=0.3)
    axis.legend()
  buffer = io.BytesIO()
  figure.savefig(buffer, format='png', dpi=80)
  return buffer.getvalue()


if __name__ == '__main__':
  sys.exit(main())
