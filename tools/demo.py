"""The whole way on synthetic talkers, and a report of it.

  python -m tools.demo --workdir runs/demo

draws and voices 40 people, prepares their videos, trains a sync expert and a
Wav2Lip generator (a quarter of the width, 48 pixels), dubs people neither has
seen with the voice of others, measures the mouths, and writes
runs/demo/report.html. Every step is a command of this project with smaller
numbers and is shown as it runs. A stopped demo goes on where it was.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

from tools import demo_judge, demo_report

SIZE = 48
EXPERT_STEPS = 300
GENERATOR_STEPS = 1200


def main(argv: list[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    prog='python -m tools.demo',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument(
    '--workdir', type=pathlib.Path, default=pathlib.Path('runs/demo')
  )
  workdir = parser.parse_args(argv).workdir
  workdir.mkdir(parents=True, exist_ok=True)
  times = {}
  for title, command, result in _steps(workdir):
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


def _steps(workdir: pathlib.Path):
  """Title, command and what tells that it is done, of each step."""
  talkers, data = workdir / 'talkers', workdir / 'data'
  expert, generator = workdir / 'expert', workdir / 'generator'
  shared = [
    f'--config.image_size={SIZE}',
    f'--config.data.directory={data}',
  ]
  yield (
    'Draw and voice 40 people',
    ['tools.synthesize', '--output', f'{talkers}', '--people=40', '--clips=3'],
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
  yield (
    'Train the sync expert',
    [
      'lipsync_jax.main',
      '--config=configs/expert.py',
      f'--workdir={expert}',
      *shared,
      '--config.networks.expert.width=8',
      '--config.batch_size=6',
      f'--config.num_steps={EXPERT_STEPS}',
      f'--config.eval_every={EXPERT_STEPS // 2}',
      '--config.eval_batches=1',
      '--config.log_every=10',
      '--config.optimizer.expert.learning_rate=2e-3',
      '--config.optimizer.expert.warmup_steps=30',
    ],
    expert / 'checkpoints' / f'{EXPERT_STEPS:08d}',
  )
  yield (
    'Train the generator',
    [
      'lipsync_jax.main',
      '--config=configs/wav2lip.py',
      f'--workdir={generator}',
      *shared,
      f'--config.pretrained.expert={expert}',
      '--config.networks.generator.width=4',
      '--config.batch_size=6',
      f'--config.num_steps={GENERATOR_STEPS}',
      f'--config.eval_every={GENERATOR_STEPS // 4}',
      '--config.eval_batches=3',
      '--config.log_every=25',
      # Listened to from the start, as there are few steps, and softly: at 0.03
      # patterns that please the expert spoil the picture.
      '--config.loss.sync_weight=0.003',
      '--config.loss.sync_gate=inf',
      '--config.optimizer.generator.learning_rate=3e-3',
      '--config.optimizer.generator.schedule=cosine',
      '--config.optimizer.generator.warmup_steps=30',
      '--config.ema.decay=0.98',
    ],
    generator / 'checkpoints' / f'{GENERATOR_STEPS:08d}',
  )
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
