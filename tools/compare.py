"""Every expert and every generator, trained alike and put into two tables.

  python -m tools.compare --data DIR --minutes 1 --output runs/compare

trains five experts with three losses each and five generators, each for the
same time on the same data, and judges them on the validation split. A stopped
comparison goes on where it was. MINUTES are of training steps: compiling and
judging come on top.
"""

import argparse
import json
import pathlib
import sys
from typing import Any

from input_pipeline import shards
from lipsync_jax import compilation_cache, metric_writer, train
from lipsync_jax.judging import measure
from tools import compare_judge, compare_systems

_CALIBRATION = 6  # steps; the first is compilation and is not counted
_LEAST = 20  # steps that are trained whatever the time


def main(argv: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(argv)
  for name in ('minutes', 'share', 'image_size'):
    if not getattr(options, name) > 0:
      parser.error(f'--{name.replace("_", "-")}: choose more than 0')
  compilation_cache.enable()
  try:
    _claim(options)
    report = run(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  path = pathlib.Path(options.output) / 'compare.md'
  path.write_text(report)
  print(f'\n{report}\nWritten to {path}')
  return 0


def _claim(options: argparse.Namespace) -> None:
  """Makes the output folder, of these options for good."""
  for split in ('train', 'validation'):
    shards.load_split(options.data, split)  # Says now what is wrong with it.
  output = pathlib.Path(options.output)
  if output.is_file():
    raise ValueError(f'{output} is a file; give a folder.')
  compare_systems.check(options)
  path = output / 'options.json'
  if not path.exists() and any(output.glob('*/compared.json')):
    raise ValueError(
      f'{output} holds a comparison that does not say with what options it was '
      'made: give another --output.'
    )
  output.mkdir(parents=True, exist_ok=True)
  wanted = {k: v for k, v in vars(options).items() if k != 'output'}
  if not path.exists():
    path.write_text(json.dumps(wanted))
  elif json.loads(path.read_text()) != wanted:
    raise ValueError(
      f'{output} holds a comparison with other options ({path.read_text()}): '
      'give those, or another --output.'
    )


def run(options: argparse.Namespace) -> str:
  """Trains what is not trained yet; returns the report."""
  experts = []
  for name, (title, *_) in compare_systems.EXPERTS.items():
    for objective in compare_systems.OBJECTIVES:
      config = compare_systems.expert_config(name, objective, options)
      folder = pathlib.Path(options.output) / f'{name}-{objective}'
      steps = _train(config, folder, options.minutes)
      experts.append(
        {'expert': title, 'loss': objective, 'px': f'{config.image_size}'}
        | {'steps': f'{steps}'}
        | compare_judge.expert_row(folder)
      )
  judge_folder = compare_judge.choose_judge(pathlib.Path(options.output))
  judge = measure.load(judge_folder, distances=True)
  size = options.image_size
  generators = [
    {'generator': 'the truth', 'steps': ''}
    | compare_judge.generator_row(options.data, size, judge)
  ]
  for name, (title, *_) in compare_systems.GENERATORS.items():
    config = compare_systems.generator_config(name, options)
    folder = pathlib.Path(options.output) / name
    row = {'generator': title}
    expert = config.pretrained.get('expert')
    if expert and _diverged(pathlib.Path(expert)):
      row |= dict.fromkeys(generators[0], 'expert diverged') | row
    else:
      row['steps'] = f'{_train(config, folder, options.minutes)}'
      row |= (
        dict.fromkeys(generators[0], 'diverged') | row
        if _diverged(folder)
        else compare_judge.generator_row(options.data, size, judge, folder)
      )
    generators.append(row)
  return compare_judge.report(experts, generators, judge_folder, options)


def _train(config: Any, folder: pathlib.Path, minutes: float) -> int:
  """Trains for so long, unless it is done; returns the number of steps."""
  done = folder / 'compared.json'
  if done.exists():
    return json.loads(done.read_text())['steps']
  print(f'\n== {folder.name}', flush=True)
  folder.mkdir(parents=True, exist_ok=True)
  plan = folder / 'plan.json'
  found: dict[str, Any] = {'steps': _CALIBRATION}
  try:
    if not plan.exists():
      # How many steps fit is measured first, for the schedule ends with them.
      seconds = _seconds_per_step(config, folder / 'trial')
      steps = max(_LEAST, round(60 * minutes / seconds))
      plan.write_text(json.dumps({'steps': steps}))
    found = json.loads(plan.read_text())
    config.num_steps = config.eval_every = found['steps']
    config.log_every = max(1, found['steps'] // 20)
    train.train_and_evaluate(config, str(folder))
  except FloatingPointError as error:
    # It would again: a row of the table, not the end of it.
    print(f'{folder.name}: {error}', file=sys.stderr)
    found['diverged'] = True
  done.write_text(json.dumps(found))
  return found['steps']


def _seconds_per_step(config: Any, trial: pathlib.Path) -> float:
  config = config.copy_and_resolve_references()
  config.num_steps = config.eval_every = _CALIBRATION
  config.log_every = 2
  train.train_and_evaluate(config, str(trial))
  name = 'time/seconds_per_step'
  rows = metric_writer.read(trial / 'metrics.jsonl')
  return min([row[name] for row in rows if name in row][1:])


def _diverged(folder: pathlib.Path) -> bool:
  return json.loads((folder / 'compared.json').read_text()).get('diverged')


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.compare',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--data', required=True, metavar='DIR', help='from tools.prepare')
  add('--minutes', type=float, required=True, help='of training, each system')
  add('--output', default='runs/compare', metavar='DIR')
  add('--image-size', type=int, default=48, help='default %(default)s')
  add(
    '--share',
    type=int,
    default=4,
    help='networks have 1/SHARE of their published width (default %(default)s)',
  )
  add('--seed', type=int, default=0)
  return parser


if __name__ == '__main__':
  sys.exit(main())
