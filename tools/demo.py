"""The whole way on synthetic talkers, and a report of it.

  python -m tools.demo --workdir runs/demo

draws and voices 40 people, prepares their videos, trains a sync expert and a
Wav2Lip generator (a quarter of the width, 48 pixels), dubs people neither has
seen with the voice of others, measures the mouths, and writes
runs/demo/report.html. Every step is a command of this project with smaller
numbers and is shown as it runs. A stopped demo goes on where it was.

  python -m tools.demo --workdir runs/demo --until generator

ends with the networks, for trying other commands.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

from tools import demo_judge, demo_options, demo_report


def main(argv: list[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    prog='python -m tools.demo',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--workdir', type=pathlib.Path, default=pathlib.Path('runs/demo'))
  add('--people', type=int, default=40)
  add('--image-size', type=int, default=demo_options.SIZE, help='pixels')
  add('--expert-steps', type=int, default=demo_options.EXPERT_STEPS)
  add('--generator-steps', type=int, default=demo_options.GENERATOR_STEPS)
  add(
    '--until',
    choices=('data', 'expert', 'generator', 'report'),
    default='report',
    help='what to make last (default %(default)s)',
  )
  options = parser.parse_args(argv)
  workdir = options.workdir
  workdir.mkdir(parents=True, exist_ok=True)
  times = {}
  for title, command, result in _steps(options):
    if result.exists():
      print(f'\n== {title}: done before, see {result}', flush=True)
      continue
    print(f'\n== {title}\n$ {" ".join(command)}', flush=True)
    begun = time.monotonic()
    code = subprocess.run([sys.executable, '-m', *command]).returncode
    if code:
      print(f'error: this step ended with {code}.', file=sys.stderr)
      return code
    times[title] = time.monotonic() - begun
  if options.until != 'report':
    print(f'\nMade: {workdir / options.until}')
    return 0
  print('\n== Judge', flush=True)
  begun = time.monotonic()
  numbers = demo_judge.judge(workdir)
  times['Judge'] = time.monotonic() - begun
  numbers['seconds'] = {k: round(v, 1) for k, v in times.items()}
  (workdir / 'numbers.json').write_text(json.dumps(numbers, indent=2) + '\n')
  report = demo_report.write(workdir, numbers)
  print(demo_report.table(numbers))
  print(f'Total {sum(times.values()) / 60:.1f} min. Open {report}')
  return 0


def _steps(options: argparse.Namespace):
  """Title, command and what tells that it is done, of each step."""
  workdir = options.workdir
  yield from _footage(workdir, options.people)
  if options.until != 'data':
    yield from _networks(options)
  if options.until == 'report':
    yield from _results(workdir)


def _footage(workdir: pathlib.Path, people: int):
  talkers, data = workdir / 'talkers', workdir / 'data'
  yield (
    f'Draw and voice {people} people',
    [
      'tools.synthesize',
      f'--output={talkers}',
      f'--people={people}',
      '--clips=3',
    ],
    data,
  )
  yield (
    'Prepare their videos',
    [
      'tools.prepare',
      f'--videos={talkers}',
      f'--output={data}',
      '--detector=cascade',
      '--validation-fraction=0.2',
      '--licence=synthetic, Apache-2.0',
    ],
    data,
  )


def _networks(options: argparse.Namespace):
  workdir = options.workdir
  expert, generator = workdir / 'expert', workdir / 'generator'
  # Its batches are for one device; others of the machine are left alone.
  shared = [
    f'--config.data.directory={workdir / "data"}',
    '--config.num_devices=1',
  ]
  steps = options.expert_steps
  yield (
    'Train the sync expert',
    [
      'lipsync_jax.main',
      '--config=configs/expert.py',
      f'--workdir={expert}',
      *shared,
      *demo_options.expert(steps, size=options.image_size),
    ],
    expert / 'checkpoints' / f'{steps:08d}',
  )
  if options.until == 'expert':
    return
  steps = options.generator_steps
  yield (
    'Train the generator',
    [
      'lipsync_jax.main',
      '--config=configs/wav2lip.py',
      f'--workdir={generator}',
      *shared,
      f'--config.pretrained.expert={expert}',
      *demo_options.generator(steps, size=options.image_size),
    ],
    generator / 'checkpoints' / f'{steps:08d}',
  )


def _results(workdir: pathlib.Path):
  talkers, data = workdir / 'talkers', workdir / 'data'
  expert, generator = workdir / 'expert', workdir / 'generator'
  video, voice = demo_judge.showcase(data)
  yield (
    'Dub an unseen person with the voice of another',
    [
      'tools.dub',
      f'--video={talkers / video}',
      f'--audio={talkers / voice}',
      f'--checkpoint={generator}',
      f'--output={workdir / "dubbed.mp4"}',
      '--detector=cascade',
    ],
    workdir / 'dubbed.mp4',
  )
  yield (
    'Measure the generator by the benchmark for synthetic people',
    [
      'tools.evaluate',
      '--protocol=configs/protocols/synthetic.toml',
      f'--data={workdir / "strangers"}',
      f'--system=demo={generator}',
      f'--expert={expert}',
      f'--output={workdir / "evaluated"}',
      '--detector=cascade',
    ],
    workdir / 'evaluated' / 'report.html',
  )


if __name__ == '__main__':
  sys.exit(main())
